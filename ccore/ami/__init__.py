"""The link to Asterisk's Manager Interface."""
