"""Keeps every Asterisk as it should be: what differs from the database, or has got stuck, is mended and counted."""
