"""What ccore tells a dialplan to do, in menus and queues: the variables of an answer, and where transfers go."""

from ccore.pbx.extensions import Step

ROUTE = "menu"
ROUTES = frozenset({ROUTE, "queue", "enquiry"})  # that answer with the variables below
SAID_BY_NAME = frozenset({"agent"})  # each of whose answers has a prompt of its name

# What may stand for something that is otherwise written out. Where ccore was asked, and nowhere else.
PROMPTS = frozenset({"${CCORE_FIRST}", "${CCORE_PROMPT}", "${CCORE_SORRY}", "${CCORE_LEFT}", "${CCORE_HEARS}"})
QUEUES = frozenset({"${CCORE_QUEUE}", "${CCORE_LINE}", "${ALONE_IN}"})  # ALONE_IN: one of both (queue.conf)
WAIT_S = "${CCORE_WAIT_S}"
WAITS = frozenset({WAIT_S, "${CCORE_TURN_S}", "${CCORE_GRACE_S}"})
TRANSFERS = ("ccore-transfers", "${CCORE_TO}", "1")  # generated: an extension for each target of transfers.toml
CALLS_OUT = ("campaign-trunk", "${CCORE_TRUNK}", "1")  # generated: one for each trunk of outgoing.toml
RECORDING = "/srv/ccore/recorded/${CCORE_BOX}_${CCORE_CALLER}_${EPOCH}_${UNIQUEID}.alaw"
SAYING = "${CCORE_SAYING}"

# Where everything was told before the call was made, so that nothing need be asked in it.
TOLD_BEFORE = frozenset({"campaign-answered", "campaign-detect", "campaign-person"})

IN_QUEUES = frozenset({"CCORE_VISIT", "CCORE_LINE", "CCORE_TURN_S", "CCORE_RULE", "CCORE_POSITION"})  # alone
VARIABLES = frozenset(
    {
        *("CCORE_STATE", "CCORE_STEP", "CCORE_LANGUAGE", "CCORE_FIRST"),  # of every answer
        *("CCORE_PROMPT", "CCORE_MOST", "CCORE_TERMINATOR", "CCORE_SILENCE_S", "CCORE_SAYING"),
        *("CCORE_QUEUE", "CCORE_PRIORITY", "CCORE_WAIT_S", "CCORE_AFTER", "CCORE_RECORD"),
        *("CCORE_ORDER", "CCORE_TO", "CCORE_BOX"),
        *IN_QUEUES,
    }
)
# Of these a call knows what was said last, wherever it is: it takes callers through a queue when nobody answers.
KEPT = frozenset({"CCORE_QUEUE", "CCORE_STATE", "CCORE_AFTER", "CCORE_RECORD"})


def used(step: Step) -> set[str]:
    """Those of the variables that the step uses."""
    return {reference.name for reference in step.references() if reference.name in VARIABLES - KEPT}
