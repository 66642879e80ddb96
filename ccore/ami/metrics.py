"""What the links to Asterisk count and measure, for Prometheus; every figure carries the node's name."""

from prometheus_client import Counter, Gauge

EVENTS = Counter("ccore_ami_events", "Events by what became of them", ["node", "outcome"])
REFUSED = Counter("ccore_ami_refused", "Messages dropped as malformed or forged, by reason", ["node", "reason"])
RECONNECTS = Counter("ccore_ami_reconnects", "Links lost or not come up, by reason", ["node", "reason"])
ACTIONS = Counter("ccore_ami_actions", "Actions by what came of them", ["node", "verb", "outcome"])
UP = Gauge("ccore_ami_up", "1 while actions can be sent and events come", ["node"])
QUEUE_DEPTH = Gauge("ccore_ami_queue_depth", "Events that wait for their callbacks", ["node"])
LAG = Gauge("ccore_ami_lag_seconds", "How long the event handled last had waited in ccore", ["node"])
CLOCK_DIFFERENCE = Gauge("ccore_ami_clock_difference_seconds", "Asterisk's clock minus this machine's", ["node"])
