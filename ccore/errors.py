"""The faults ccore reports to people, and the errors its parts raise to each other."""

import errno
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a file an operator or admin wrote, said so that they can mend it.

    Printed by ``ccore check`` as ``file:line CODE what it means``; line 0 means the file as a whole.
    """

    file: Path
    line: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.code} {self.message}"


class CcoreError(Exception):
    """Something ccore cannot go on with; the message is written for the admin."""


class FaultsFound(CcoreError):
    """Files hold faults; nothing was started or changed."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class CannotListen(CcoreError):
    """An address of the configuration cannot be listened at; the message names its key."""

    def __init__(self, key: str, host: str, port: int, error: OSError) -> None:
        taken = error.errno == errno.EADDRINUSE
        why = "is taken by another program" if taken else f"cannot be listened at: {error.strerror or error}"
        super().__init__(f"{key}: {host} port {port} {why}")


class DatabaseRefused(CcoreError):
    """PostgreSQL is there and does not let ccore in, or its DSN cannot be understood: waiting does not help."""


class Unavailable(CcoreError):
    """A part ccore depends on (PostgreSQL, Asterisk) does not answer now; nothing was done."""


class OutcomeUnknown(CcoreError):
    """The answer to a write was lost: it may or may not have happened. Look its key up before trying again."""


class LeaseLost(CcoreError):
    """Work was going on in the name of a lease that another ccore has taken over; nothing was changed."""


class KeyReused(CcoreError):
    """A key that names one call for ever came again with other numbers: has the node's clock been set back?"""


class EmbeddedPostgresFailed(CcoreError):
    """The PostgreSQL server of ccore's own could not be made, started or stopped; the message says what it said."""


class KannelFailed(CcoreError):
    """The Kannel of ccore's own could not be made, started or stopped; the message says why."""


class ActionRefused(CcoreError):
    """Asterisk understood an action and said no; nothing was done."""


class AsteriskFailed(CcoreError):
    """The Asterisk of ccore's own could not be made, started or stopped; the message says why and what to do."""
