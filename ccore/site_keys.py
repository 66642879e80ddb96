"""Keys of the site, in secrets.toml, by which smaller secrets are encrypted that stand in PostgreSQL (AES-256-GCM)."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Annotated

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import AfterValidator, Field, SecretStr

from ccore.errors import CcoreError

KEY_BYTES = 32  # AES-256
_NONCE = 12


class OtherKey(CcoreError):
    """It does not open with this key, or is not as it was kept."""


def _whole_keys(keys: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, secret in keys.items():
        try:
            length = len(base64.b64decode(secret.get_secret_value(), validate=True))
        except binascii.Error:
            length = 0
        if length != KEY_BYTES:
            raise ValueError(f"{name}: no {KEY_BYTES} bytes in base64: `ccore recordings new-key` prints a good one")
    return keys


KeyId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
SiteKeys = Annotated[dict[KeyId, SecretStr], AfterValidator(_whole_keys)]


def key_bytes(keys: Mapping[str, SecretStr]) -> dict[str, bytes]:
    """The keys by their names; the last one is used for what is new."""
    return {name: base64.b64decode(secret.get_secret_value()) for name, secret in keys.items()}


def new_key() -> str:
    """A new key, with a name no other has, as it is written into a table of secrets.toml."""
    return f'key-{secrets.token_hex(4)} = "{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")}"'


def wrap(key: bytes, owner: bytes, secret: bytes) -> bytes:
    """``secret``, to be kept in the database; ``owner`` says whose it is, so that it opens for nothing else."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret, owner)


def unwrap(key: bytes, owner: bytes, wrapped: bytes) -> bytes:
    """The secret that ``wrap`` was given. Raises OtherKey."""
    try:
        return AESGCM(key).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], owner)
    except (InvalidTag, ValueError) as error:
        raise OtherKey(OtherKey.__doc__) from error
