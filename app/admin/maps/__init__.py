"""The clinic's own drawings: uploaded, made safe, drawn on, released."""
