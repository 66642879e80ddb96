"""Prompts: what callers hear, from its text to a sound file."""
