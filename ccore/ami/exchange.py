"""One action on its way to Asterisk and the answers to it, as panoramisk's Action with the guessing taken out."""

import asyncio

from panoramisk.actions import Action as PanoramiskAction

from ccore.ami import wire
from ccore.ami.actions import Action, Reply, headers
from ccore.ami.wire import Message
from ccore.errors import ActionRefused, Unavailable

SHUTTING_DOWN = "Asterisk is shutting down"  # its answer to every action from "core stop gracefully" on


class Exchange(PanoramiskAction):
    """Complete at its response, or at the end of its list, whatever the wording of the messages.

    ``future`` gets the Reply, or ActionRefused, or Unavailable while Asterisk shuts down. Raises Unsendable.
    """

    future: asyncio.Future[Reply]
    responses: list[Message]

    def __init__(self, action: Action, action_id: str) -> None:
        super().__init__({"ActionID": action_id})
        self.verb = type(action).__name__
        self.wire = wire.render([*headers(action), ("ActionID", action_id)])

    def __str__(self) -> str:
        return self.wire.decode()

    @property
    def multi(self) -> bool:
        """Whether the response began a list."""
        return self.responses[0].get("EventList").lower() == "start"

    def expects(self, message: Message) -> bool:
        """Whether ``message`` can be the next answer: one response, and items only after one that began a list."""
        if not self.responses:
            return message.kind == "Response"
        return message.kind == "Event" and self.multi

    def add_message(self, message: Message) -> bool:
        """Take an expected answer. True if it was the last."""
        self.responses.append(message)
        ended = message.get("EventList").lower() if len(self.responses) > 1 else ""
        if self.multi and ended not in ("complete", "cancelled"):
            return False
        if not self.future.done():
            self._settle(ended)
        return True

    def fail(self, error: Exception) -> None:
        """End it without an answer."""
        if not self.future.done():
            self.future.set_exception(error)

    def _settle(self, ended: str) -> None:
        response = self.responses[0]
        text = response.get("Message")
        if text == SHUTTING_DOWN:
            self.fail(Unavailable(text))
        elif response.name not in ("Success", "Goodbye"):
            self.fail(ActionRefused(f"{self.verb}: {text}"))
        elif ended == "cancelled":
            self.fail(ActionRefused(f"{self.verb}: Asterisk broke its list off"))
        else:
            items = tuple(self.responses[1:-1])
            announced = self.responses[-1].get("ListItems")
            refused = int(announced) - len(items) if announced.isdecimal() else 0
            self.future.set_result(Reply(response, items, max(refused, 0)))
