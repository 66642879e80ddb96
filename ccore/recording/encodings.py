"""What recordings are stored as, by the configuration's name for it."""

CONTENT_TYPES = {"flac": "audio/flac", "opus": "audio/ogg"}
SUFFIXES = {"flac": ".flac", "opus": ".opus"}
