"""Figures of recordings until the end of their call, for Prometheus."""

from prometheus_client import Counter, Gauge

BEGUN = Counter(
    "ccore_recordings_begun", "Recordings that were to begin, by kind or by why they did not", ["node", "kind"]
)
LIVE = Gauge("ccore_recordings_live", "Recordings going on", ["node"])
TROUBLE = Gauge(
    "ccore_recordings_trouble", "Recordings without a file, and files without a recording", ["node", "kind"]
)
DISK_FREE = Gauge("ccore_recordings_disk_free_ratio", "Free part of the disk that a node's recordings go to", ["node"])
