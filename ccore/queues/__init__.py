"""Queues and agents: who serves whom and when, what should be true of both, and what is."""
