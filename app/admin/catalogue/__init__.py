"""The catalogue of the administrator: read, verified, and with what is the clinic's own."""
