"""Certificates for signing, and who vouches for them."""
