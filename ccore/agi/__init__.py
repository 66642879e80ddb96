"""FastAGI: what the dialplan asks ccore."""
