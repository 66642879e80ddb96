"""The ways a telephone number is written, and what finds any of them within a text."""

import phonenumbers

BETWEEN = " -"  # as people put it: 138 1234 5678, 138-1234-5678


def written(number: str) -> list[str]:
    """Every way in which the network or ccore writes an E.164 number, each once, the number itself first."""
    code, own = _parts(number)
    return [number, f"{code}{own}", f"00{code}{own}", own, f"0{own}"]


def pattern(number: str) -> str:
    """A regular expression of PostgreSQL and of Python for the number in a text, not as a part of a longer one."""
    code, own = _parts(number)
    between = f"[{BETWEEN}]?"
    digits = between.join(own)
    return rf"(?<![0-9])(?:(?:\+|00)?{code}{between})?0?{digits}(?![0-9])"


def core(number: str) -> str:
    """What every text that names the number is like (SQL's LIKE), without the characters of ``BETWEEN``."""
    return f"%{_parts(number)[1]}%"


def _parts(number: str) -> tuple[int, str]:
    parsed = phonenumbers.parse(number)
    return parsed.country_code or 0, phonenumbers.national_significant_number(parsed)
