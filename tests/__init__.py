"""Tests by risk: unit (pure), wire (recorded bytes), integration (PostgreSQL), acceptance (Asterisk and SIP)."""
