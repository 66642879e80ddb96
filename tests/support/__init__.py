"""The real parts tests run against: PostgreSQL, Asterisk, SIP callers."""
