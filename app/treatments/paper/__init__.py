"""Paper while there is no tablet, and what was written on it."""
