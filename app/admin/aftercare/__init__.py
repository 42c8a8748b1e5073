"""The text that a patient is given after a session."""
