"""Passwords and tokens: how they are made, and what of them is kept."""

import functools
import hashlib
import hmac
import secrets

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

TOKEN_BYTES = 32
TOKEN_PREFIX = "ccore_"  # noqa: S105 - by which programs that look for leaked secrets know one
SESSION_BYTES = 16
LENGTHS = range(10, 201)
_SALT_BYTES = 16
_PLAIN = "abcdefghjkmnpqrstuvwxyz23456789"  # that nobody takes for another letter, read or heard
_TOLD_PARTS, _TOLD_PART = 3, 4  # 59 bits
_NOBODY = (b"\0" * _SALT_BYTES, b"")  # salt and hash of nobody: to be refused takes them as long
# Some 35 ms of a processor and 19 MB: too long to try a million, and little beside calls.
_ARGON2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)


def new_token() -> str:
    """One that nobody can guess."""
    return TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def new_session() -> str:
    """What a browser has of its session: 128 bits."""
    return secrets.token_urlsafe(SESSION_BYTES)


def new_code() -> str:
    """Six digits, for a text message."""
    return f"{secrets.randbelow(10**6):06}"


def new_told() -> str:
    """One to tell somebody, such as ``k7mq-3xpt-9wvd``, who chooses their own with it."""
    parts = ("".join(secrets.choice(_PLAIN) for _ in range(_TOLD_PART)) for _ in range(_TOLD_PARTS))
    return "-".join(parts)


def token_hash(token: str) -> bytes:
    """What is kept of a token or session. It is random enough to need no salt."""
    return hashlib.sha256(token.encode()).digest()


def kept(password: str) -> str:
    """What is kept of a password: argon2id, with its salt and parameters."""
    return _ARGON2.hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Whether it is the password of which ``kept`` is left; it takes as long where there is none."""
    try:
        return _ARGON2.verify(kept or _of_nobody(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether more would be kept of the same password now."""
    return _ARGON2.check_needs_rehash(kept)


def salted(password: str) -> tuple[bytes, bytes]:
    """A new salt, and what is kept of a PIN with it."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return salt, _scrypt(password, salt)


def is_right(password: str, salt: bytes | None, kept: bytes | None) -> bool:
    """Whether it is the PIN, or the password of before argon2id; it takes as long for somebody who has none."""
    salt, kept = _NOBODY if salt is None or kept is None else (salt, kept)
    return hmac.compare_digest(_scrypt(password, salt), kept)


def slow_hash(said: bytes, salt: str) -> bytes:
    """Of something with a password in it, which nobody finds by trying what it could have been."""
    return hashlib.scrypt(said, salt=salt.encode(), n=2**14, r=8, p=1, dklen=32)


def weakness(password: str, login: str) -> str:
    """Why ``password`` is no good; "" if it is."""
    if len(password) not in LENGTHS:
        return f"a password has {LENGTHS.start} to {LENGTHS.stop - 1} characters"
    if len(set(password)) < 5 or (len(login) > 3 and login.lower() in password.lower()):
        return "a password of few different characters, or with the login in it, is guessed first"
    return ""


@functools.cache
def _of_nobody() -> str:
    return _ARGON2.hash(secrets.token_urlsafe())


def _scrypt(password: str, salt: bytes) -> bytes:
    """Some 50 ms of a processor and 16 MB."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)
