"""The signed note: a record of plain values goes in, the bytes of a signed PDF come out.

record → layout (the page) → signature → verification; `copy` makes what is printed.
"""
