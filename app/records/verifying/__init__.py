"""Checking a note: by its file, or by the code printed on it."""
