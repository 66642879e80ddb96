"""What the lint of menus looks at: the menus, the ways through them, and the names that stand in other files."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ccore.errors import Fault
from ccore.ivr.menus import Menus
from ccore.ivr.ways import Net
from ccore.tomlfiles import Place

Prompts = Mapping[str, Sequence[str]]  # by name: the sentences, in all languages; none of what cannot be read


@dataclass(frozen=True, slots=True)
class Around:
    """What menus lean on that stands in other files; None where that could not be read, and nothing is said of it.

    ``prompts`` are those of the catalogue; ``trunks`` those of the configuration; ``codes`` the digits that follow
    each access number of orders; ``plan`` the numbers callers can dial; ``answered`` those that the dialplan sends
    into menus.
    """

    prompts: Prompts | None
    queues: Collection[str]
    trunks: Collection[str]
    codes: Mapping[str, int] | None
    plan: Collection[str] | None
    answered: Collection[str]


@dataclass(frozen=True, slots=True)
class Linted:
    """The menus as every rule sees them; ``nets`` has the ways of each hotline."""

    menus: Menus
    around: Around
    nets: tuple[Net, ...]

    def fault(self, place: Place, code: str, message: str) -> Fault:
        """A fault of what stands at ``place``, or of the nearest around it."""
        file, line = self.menus.place(*place)
        return Fault(file, line, code, message)

    def unread(self, kind: str, name: str) -> bool:
        """Whether ``name`` stands in a file that has faults of form: it is there, and nothing is known of it."""
        return (kind, name) in self.menus.places

    @property
    def hotlines_unread(self) -> bool:
        """Whether the file of hotlines could not be read."""
        return not self.menus.hotlines and ("hotline", "0") in self.menus.places

    @property
    def nodes_unread(self) -> bool:
        """Whether a file of nodes could not be read: what is not led to here may be led to from there."""
        return self._some_unread("node", self.menus.nodes)

    @property
    def values_unread(self) -> bool:
        """Whether a file that may make values could not be read."""
        return self.nodes_unread or self._some_unread("lookup", self.menus.adapters)

    def _some_unread(self, kind: str, known: Collection[str]) -> bool:
        return any(len(place) == 2 and place[0] == kind and place[1] not in known for place in self.menus.places)


def near(name: str, names: Iterable[str]) -> str:
    """What was probably meant by ``name``, in words; "" if nothing comes near."""
    found = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.7)
    return f" (did you mean {found[0]}?)" if found else ""
