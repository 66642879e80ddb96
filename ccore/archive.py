"""What the configuration says of recordings that are kept: the table ``[recording]``."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccore.nodes import Section


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
