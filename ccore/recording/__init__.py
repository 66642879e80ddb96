"""Recordings: which calls are recorded, where they are, who talks in them, and when they paused."""
