"""How the live sockets fare, as metrics."""

from prometheus_client import Counter, Gauge, Histogram

CLIENTS = Gauge("ccore_live_clients", "Live sockets that are open")
FRAMES = Counter("ccore_live_frames_total", "Frames told to live sockets")
LATE = Counter("ccore_live_snapshots_total", "Snapshots in place of changes that a socket was too slow for")
CLOSED = Counter("ccore_live_closed_total", "Live sockets that ccore closed", ["why"])
LAG = Histogram(
    "ccore_live_lag_seconds",
    "From a fact to the moment when all sockets it is for were told",
    buckets=(0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 15),
)
