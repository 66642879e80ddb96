"""What the feed of facts counts, for Prometheus; facts themselves are counted where trackers publish them."""

from prometheus_client import Counter, Gauge

MISSED = Counter("ccore_feed_missed", "Facts a subscriber was too slow for", ["subscriber"])
WAITING = Gauge("ccore_feed_waiting", "Facts that wait for their subscriber", ["subscriber"])
OPEN = Gauge("ccore_calls_open", "Calls there are now", ["node"])
CHANNELS = Gauge("ccore_channels", "Channels there are now", ["node"])
FACTS = Counter("ccore_call_facts", "Facts about calls", ["node", "kind"])
LOOKS = Counter("ccore_calls_looks", "Looks at an Asterisk between logins, by what came of them", ["node", "outcome"])
CORRECTIONS = Counter(
    "ccore_calls_corrections", "Facts that no event told, by what told them: login or look", ["node", "by", "kind"]
)
