"""Call records, from Asterisk's own files."""
