"""Version 1 of the HTTP API: one file for each subject, each of them a list of operations."""
