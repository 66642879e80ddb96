"""What ccore's menus tell a dialplan to do: the variables that come with an answer, and where transfers go."""

from ccore.pbx.extensions import Step

ROUTE = "menu"

# What may stand for something that is otherwise written out. Where ccore was asked, and nowhere else.
PROMPTS = frozenset({"${CCORE_FIRST}", "${CCORE_PROMPT}"})
QUEUE = "${CCORE_QUEUE}"
WAIT_S = "${CCORE_WAIT_S}"
TRANSFERS = ("ccore-transfers", "${CCORE_TO}", "1")  # generated: an extension for each target of transfers.toml
RECORDING = "/srv/ccore/recorded/${CCORE_BOX}_${CCORE_CALLER}_${EPOCH}_${UNIQUEID}.alaw"
SAYING = "${CCORE_SAYING}"

VARIABLES = frozenset(
    {
        *("CCORE_STATE", "CCORE_STEP", "CCORE_LANGUAGE", "CCORE_FIRST"),  # of every answer
        *("CCORE_PROMPT", "CCORE_MOST", "CCORE_TERMINATOR", "CCORE_SILENCE_S", "CCORE_SAYING"),
        *("CCORE_QUEUE", "CCORE_PRIORITY", "CCORE_WAIT_S", "CCORE_AFTER", "CCORE_RECORD"),
        *("CCORE_ORDER", "CCORE_TO", "CCORE_BOX"),
    }
)


def used(step: Step) -> set[str]:
    """Those of the variables that the step uses."""
    return {reference.name for reference in step.references() if reference.name in VARIABLES}
