"""What upkeep counts and measures, for Prometheus."""

from prometheus_client import Counter, Gauge

CORRECTIONS = Counter(
    "ccore_corrections",
    "Corrections sent to Asterisk: done, or refused, unknown (no answer), unavailable (not sent)",
    ["node", "reason", "outcome"],
)
GIVEN_UP = Gauge("ccore_corrections_given_up", "What is wrong now and has to be mended by people", ["node", "reason"])
LOOK_S = Gauge("ccore_upkeep_look_seconds", "How long the last look at a node took, with what it mended", ["node"])
FAILURES = Counter("ccore_upkeep_looks_failed", "Looks that came to nothing: no link, no database", ["node"])
