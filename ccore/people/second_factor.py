"""A second factor: the codes of an authenticator, and those for when it is lost."""

import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp

STEP_S = 30
ASIDE = (0, -1, 1)  # steps that a telephone's clock may be wrong by
RECOVERY_CODES = 10
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another
_GROUPS, _GROUP = 4, 4  # 80 bits


def new_secret() -> str:
    """For an authenticator, in base32: 160 bits."""
    return pyotp.random_base32()


def uri(secret: str, login: str, site: str) -> str:
    """What the QR code says that authenticators read."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=login, issuer_name=site)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of which ``code`` is the authenticator's; None: it is of none near ``now``."""
    authenticator, step = pyotp.HOTP(secret), int(now.timestamp()) // STEP_S
    right = [step + by for by in ASIDE if hmac.compare_digest(authenticator.at(step + by).encode(), code.encode())]
    return right[0] if right else None


def new_recovery_codes() -> list[str]:
    """Some, each for once."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
        for _ in range(RECOVERY_CODES)
    ]


def recovery_hash(code: str) -> bytes:
    """What is kept of a recovery code, however it is written."""
    return hashlib.sha256(code.upper().replace("-", "").replace(" ", "").encode()).digest()
