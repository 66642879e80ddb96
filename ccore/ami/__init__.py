"""The link to Asterisk's Manager Interface: typed actions out, ordered events in, reconnected for ever."""
