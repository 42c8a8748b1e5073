"""What is handed on around a session: on paper, as text, to whoever referred."""
