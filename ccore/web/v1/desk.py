"""What the agent's desktop offers to choose from: pauses, results of calls, whom to put callers through to."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from ccore.centre.centre import Centre, DispositionField
from ccore.desk.service import Desk
from ccore.people.model import Role
from ccore.queues.agents import Agents
from ccore.web.bodies import Said
from ccore.web.v1.agents import AgentState
from ccore.web.v1.named import in_both
from ccore.web.v1.operations import Asked, Operation, Told


class DeskPause(Told):
    """A reason to be paused; ``most_s``: longer than this is told to the supervisor."""

    name: str
    title: str
    title_en: str
    most_s: int | None
    productive: bool


class DeskField(Told):
    """What has to be written with a result of a call."""

    name: str
    title: str
    title_en: str
    kind: Literal["text", "number", "date", "phone", "choice"]
    choices: list[str]
    required: bool


class DeskDisposition(Told):
    """What can come of a call."""

    name: str
    title: str
    title_en: str
    fields: list[DeskField]


class DeskQueue(Told):
    """A queue callers can be put through to; its agents name one of ``dispositions`` after each call, if it has any."""

    name: str
    title: dict[str, str]
    dispositions: list[str]
    wrap_up_s: int
    wrap_up_most_s: int


class DeskTarget(Told):
    """A number outside that callers can be put through to."""

    name: str
    title: str


class DeskWords(Told):
    """All that there is to choose from. ``browser``: whether there are browser phones at all."""

    browser: bool
    pauses: list[DeskPause]
    dispositions: list[DeskDisposition]
    queues: list[DeskQueue]
    outside: list[DeskTarget]


class Colleague(Told):
    """Somebody to ask, or to put a caller through to."""

    agent: str
    name: str
    state: AgentState


class Colleagues(Told):
    """Those who are signed in, whoever is free first."""

    colleagues: list[Colleague]


class ColleaguesWanted(Said):
    """``text``: a part of their name or number."""

    text: Annotated[str, Field(max_length=40)] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 30


def operations(agents: Agents, desk: Desk, centre: Callable[[], Centre]) -> list[Operation[Any, Any]]:
    """For agents and supervisors."""

    async def words(_asked: Asked[None, None]) -> DeskWords:
        return _words(centre(), desk)

    async def colleagues(asked: Asked[None, ColleaguesWanted]) -> Colleagues:
        wanted, known = asked.query, agents.agents()
        found = [
            Colleague.model_validate({"agent": number, "name": known[number].name, "state": presence.state})
            for number, presence in agents.presences().items()
            if presence.device is not None and number in known and number != asked.person.agent
            if wanted.text.casefold() in f"{number} {known[number].name}".casefold()
        ]
        found.sort(key=lambda each: (each.state != "ready", each.agent))
        return Colleagues(colleagues=found[: wanted.limit])

    both = frozenset({Role.AGENT, Role.SUPERVISOR})
    return [
        Operation("GET", "/desk", "What there is to choose from", both, words, answer=DeskWords),
        Operation("GET", "/desk/colleagues", "Whom one can ask", both, colleagues, query=ColleaguesWanted,
                  answer=Colleagues),
    ]  # fmt: skip


def _words(centre: Centre, desk: Desk) -> DeskWords:
    return DeskWords(
        browser=any(phones.kind == "browser" for phones in centre.phones),
        pauses=[
            DeskPause(**in_both(name, pause.title), most_s=pause.most_s, productive=pause.productive)
            for name, pause in centre.words.pause.items()
        ],
        dispositions=[
            DeskDisposition(**in_both(name, each.title), fields=[_field(*field) for field in each.fields.items()])
            for name, each in centre.words.disposition.items()
        ],
        queues=[
            DeskQueue(
                name=name,
                title=dict(queue.title),
                dispositions=list(queue.dispositions),
                wrap_up_s=queue.wrap_up_s,
                wrap_up_most_s=queue.wrap_up_most_s,
            )
            for name, queue in sorted(centre.queues.items())
        ],
        outside=[DeskTarget(name=name, title=target.name or name) for name, target in sorted(desk.targets().items())],
    )


def _field(name: str, field: DispositionField) -> DeskField:
    return DeskField(
        **in_both(name, field.title), kind=field.kind, choices=list(field.choices), required=field.required
    )
