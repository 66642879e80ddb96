"""Versions of the operators' files: what was published, by whom, and which of them runs."""
