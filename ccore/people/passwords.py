"""Passwords and tokens: how they are made, and what of them is kept."""

import hashlib
import hmac
import secrets

TOKEN_BYTES = 32
TOKEN_PREFIX = "ccore_"  # noqa: S105 - by which programs that look for leaked secrets know one
LENGTHS = range(10, 201)
_SALT_BYTES = 16
_NOBODY = (b"\0" * _SALT_BYTES, b"")  # salt and hash of nobody: to be refused takes them as long


def new_token() -> str:
    """One that nobody can guess."""
    return TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """What is kept of a token. It is random enough to need no salt."""
    return hashlib.sha256(token.encode()).digest()


def salted(password: str) -> tuple[bytes, bytes]:
    """A new salt, and what is kept of the password with it."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return salt, _hashed(password, salt)


def is_right(password: str, salt: bytes | None, kept: bytes | None) -> bool:
    """Whether it is the password of which ``kept`` is left; it takes as long for somebody who has none."""
    salt, kept = _NOBODY if salt is None or kept is None else (salt, kept)
    return hmac.compare_digest(_hashed(password, salt), kept)


def weakness(password: str, login: str) -> str:
    """Why ``password`` is no good; "" if it is."""
    if len(password) not in LENGTHS:
        return f"a password has {LENGTHS.start} to {LENGTHS.stop - 1} characters"
    if len(set(password)) < 5 or login in password.lower():
        return "a password of few different characters, or with the login in it, is guessed first"
    return ""


def _hashed(password: str, salt: bytes) -> bytes:
    """Some 50 ms of a processor and 16 MB: too long to try a million."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)
