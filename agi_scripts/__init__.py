"""One thin file per AGI route; ``order_fallback.py`` is run by Asterisk itself."""
