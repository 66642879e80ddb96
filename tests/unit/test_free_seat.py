"""Which browser phone somebody gets who comes without one."""

from ccore.centre.phones import Phones
from ccore.queues.free_seat import free_beside, free_seat
from ccore.queues.model import Device

RANGES = (
    Phones(first="2001", last="2009"),
    Phones(first="3001", last="3003", kind="browser"),
    Phones(first="4001", last="4002", kind="browser", nodes=("west",)),
)
NODES = ("east", "west")


def sits(number: str, node: str) -> Device:
    return Device("browser", number, node)


def test_the_first_that_is_free_where_fewest_others_are() -> None:
    assert free_seat(RANGES, NODES, [], None, None) == sits("3001", "east")
    taken = [sits("3001", "east"), Device("phone", "2001", "west")]
    assert free_seat(RANGES, NODES, taken, None, None) == sits("3002", "west")


def test_only_where_it_may_be() -> None:
    assert free_seat(RANGES, ("east",), [], "4001", None) is None
    assert free_seat(RANGES, NODES, [], "4001", None) == sits("4001", "west")
    assert free_seat(RANGES, NODES, [sits("3003", "east")], "3003", None) is None
    assert free_seat(RANGES, NODES, [], "2001", None) is None  # no browser
    taken = [sits(number, "east") for number in ("3001", "3002", "3003")]
    assert free_seat(RANGES, NODES, taken, None, "east") is None


def test_who_only_listens_begins_at_the_other_end() -> None:
    assert free_beside(RANGES, [], "east") == sits("3003", "east")
    assert free_beside(RANGES, [sits("4002", "west")], "west") == sits("4001", "west")
    assert free_beside(RANGES[:1], [], "east") is None
