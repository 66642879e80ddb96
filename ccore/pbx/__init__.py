"""The Asterisk ccore drives: its configuration, its root file system, its process."""
