"""ccore: the call-centre core beside Asterisk."""

__version__ = "0.1.0"
