"""What the FastAGI server counts, for Prometheus."""

from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

SESSION_SECONDS = Histogram(
    "ccore_agi_session_seconds",
    "AGI sessions from their proof to their end, by route and how they ended; its _count is their number",
    ["route", "ending"],
    # A caller notices from about 0.3 s on; the dialplan stops waiting at 2 s.
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1, 2, 5, 15),
)
REFUSED = Counter("ccore_agi_refused", "Connections closed before a route saw them", ["reason"])
ACTIVE = Gauge("ccore_agi_sessions_active", "AGI sessions under way")


@lru_cache
def session_seconds(route: str, ending: str) -> Histogram:
    """The histogram of one route and ending; there are few, and looking one up costs more than counting in it."""
    return SESSION_SECONDS.labels(route, ending)
