"""What the configuration says of recordings that are kept: the table ``[recording]``, and its part of the secrets."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from ccore.nodes import Section

KEY_BYTES = 32  # AES-256


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
RecordingKeys = Annotated[dict[KeyId, SecretStr], AfterValidator(_whole_keys)]


class Recording(Section):
    """Where recordings are kept, and as what. Flac loses nothing; Opus is smaller, and takes much more time to make."""

    storage: Literal["local", "s3"] = "local"
    path: Path = Field(default=Path("recordings"), description="local: where to, in paths.var; s3: for work under way")
    encoding: Literal["flac", "opus"] = "flac"
    endpoint: Annotated[
        str, Field(pattern=r"^$|^https?://[^/]+$", description="s3: https://host or https://host:port")
    ] = ""
    bucket: str = Field(default="", pattern=r"^$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    region: str = "us-east-1"
    pause_most_s: int = Field(default=300, ge=5, le=3600, description="a pause for payment data ends by itself then")
    warn_free_percent: int = Field(default=20, ge=1, le=90, description="of a node's disk: less is told to admins")
    least_free_percent: int = Field(
        default=10, ge=1, le=90, description="with less only calls that must be recorded still are"
    )
    agents_hear_their_own: bool = Field(default=False, description="else supervisors and quality people only")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.storage == "s3" and not (self.endpoint and self.bucket):
            raise ValueError("the storage s3 needs endpoint and bucket")
        return self


def key_bytes(keys: Mapping[str, SecretStr]) -> dict[str, bytes]:
    """The keys that recordings' own keys are encrypted by; the last one is used for new recordings."""
    return {name: base64.b64decode(secret.get_secret_value()) for name, secret in keys.items()}


def new_key() -> str:
    """A new key, with a name no other has, as it is written into the table ``recording_keys`` of secrets.toml."""
    return f'key-{secrets.token_hex(4)} = "{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")}"'
