"""Outbound campaigns: who is called, when, and how many at once."""
