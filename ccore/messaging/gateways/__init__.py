"""The ways out: what every gateway does, and which of them the configuration names."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from ccore.messaging.model import Answer, Arrived, Outgoing, Receipt

__all__ = ["AsyncIterator", "Gateway", "Received"]

Received = Callable[[Receipt | Arrived], Awaitable[None]]  # raises Unavailable or OutcomeUnknown: bring it again


class Gateway(Protocol):
    """One that takes messages. ``name`` stands in the rows that went by it."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    def open(self, received: Received) -> AbstractAsyncContextManager[None]:
        """Ready while the block runs; what it brings of itself goes to ``received``."""
        ...

    async def send(self, message: Outgoing) -> Answer:
        """Hand it the message, within its time-out."""
        ...
