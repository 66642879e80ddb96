"""Understanding what callers say instead of pressing a key."""
