"""What people give to commands, understood or refused in one line."""

from ccore.config import Config
from ccore.errors import CcoreError
from ccore.subscriber import e164


class NotDone(CcoreError):
    """A command that does not make sense here; the message says why."""


def number(text: str, settings: Config) -> str:
    """A telephone number as E.164. Raises NotDone."""
    found = e164(text, settings.site.region)
    if found is None:
        raise NotDone(f"{text!r} is no telephone number")
    return found
