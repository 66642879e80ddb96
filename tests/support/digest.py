"""How a telephone proves to its registrar who it is."""

import hashlib
import re


def authorization(challenge: str, user: str, secret: str, method: str, uri: str) -> str:
    """The value of an Authorization header that answers ``challenge`` (RFC 2617, MD5, qop auth)."""
    asked = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge.removeprefix("Digest ")))
    ours, what = _md5(f"{user}:{asked['realm']}:{secret}"), _md5(f"{method}:{uri}")
    middle = f"{asked['nonce']}:00000001:c0ffee:auth" if "qop" in asked else asked["nonce"]
    counted = ', qop=auth, nc=00000001, cnonce="c0ffee"' if "qop" in asked else ""
    opaque = f', opaque="{asked["opaque"]}"' if "opaque" in asked else ""
    return (
        f'Digest username="{user}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", uri="{uri}", '
        f'response="{_md5(f"{ours}:{middle}:{what}")}", algorithm=MD5{counted}{opaque}'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
