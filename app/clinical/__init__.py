"""What medicine says: values and pure functions.

Standard library only; no Flask, no database, no clock.

Anything here can be run in a test with plain values. If a rule needs to know the time or the
person, it is given them.
"""
