"""The kinds of values that can be spoken."""

import enum


class Kind(enum.StrEnum):
    """How a value is spoken. ``PROMPT``: the value is a prompt's name; ``WORDS``: free text, for an engine only."""

    DIGITS = "digits"  # one by one, as telephone numbers are said
    NUMBER = "number"  # an integer or a decimal
    COUNT = "count"  # an integer before a counted thing: 两 for 2
    MONEY = "money"  # integer fen
    DATE = "date"  # ISO: 2027-02-17
    MONTH = "month"  # ISO: 2027-02
    TIME = "time"  # ISO: 09:30, of the site's zone
    DATA = "data"  # integer bytes, said in GB or MB
    MINUTES = "minutes"  # integer, of telephony
    SECONDS = "seconds"  # integer, said in minutes where that is nearer
    PROMPT = "prompt"
    SOUND = "sound"  # the value is a file as Asterisk finds it, without its ending
    WORDS = "words"
