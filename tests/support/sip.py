"""Many real SIP calls at once by sipp, and what came of each of them."""

from collections.abc import Sequence

from ccore.pbx.caller import Call, read_calls, run, scenario

__all__ = ["Call", "place"]

DEAD_AFTER_S = 20.0  # nothing at all is heard from the callee for so long: the call has failed


async def place(
    port: int,
    rows: Sequence[tuple[str, ...]],
    *,
    rate: float = 10.0,
    hold_ms: int | None = None,
    patience_ms: int = 15_000,
    headers: Sequence[str] = (),
    source: str = "127.0.0.1",
    media_port: int | None = None,
    dead_after_s: float = DEAD_AFTER_S,
) -> list[Call]:
    """Place a call for each row (caller, callee, and maybe a display name as it stands in From), ``rate`` a second.

    An answered caller listens until the callee hangs up, or hangs up after ``hold_ms`` (none given: ``patience_ms``).
    ``headers`` go into every INVITE; ``source`` is the address the calls come from, ``media_port`` where they want to
    hear (none given: sipp's own). A call that hears nothing at all for ``dead_after_s`` has failed. Returns the calls
    in the rows' order.
    """
    told = scenario(hold_ms or patience_ms, headers)
    if media_port is not None:
        told = told.replace("[media_port]", str(media_port))
    seconds = len(rows) / rate + (hold_ms or patience_ms) / 1000 + dead_after_s
    options = ["-r", str(rate), "-recv_timeout", f"{dead_after_s * 1000:.0f}"]
    found = await run(told, "127.0.0.1", port, rows, source=source, timeout_s=seconds, options=options)
    return read_calls(found.lines, rows)
