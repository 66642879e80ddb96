"""``[browser_phones]``: how the sound of browser phones finds its way where there are routers in between."""

from typing import Annotated

from pydantic import Field

from ccore.nodes import Section

_SERVER = r"[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?"
Stun = Annotated[str, Field(pattern=rf"^stuns?:{_SERVER}$")]
Turn = Annotated[str, Field(pattern=rf"^turns?:{_SERVER}(\?transport=(udp|tcp))?$")]


class BrowserPhones(Section):
    """Servers that browsers are told of; none are needed where they reach the nodes themselves.

    TURN servers share ``turn_secret`` with ccore, which gives each browser a name and password of its own for a while.
    """

    stun: tuple[Stun, ...] = ()
    turn: tuple[Turn, ...] = ()
