"""Figures of text messages, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

STATES = Counter(
    "ccore_messages_total", "Text messages that came to a state: sent, delivered, failed, given_up …", ["kind", "state"]
)
ANSWERS = Counter(
    "ccore_message_answers_total", "What gateways answered: taken, refused, not-taken, unknown", ["name", "outcome"]
)
TOOK = Histogram(
    "ccore_message_answer_seconds",
    "Time until the gateway answered, or was given up",
    ["name"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
WAITING = Gauge("ccore_messages_waiting", "Text messages that are not sent yet, those held back among them")
OLDEST = Gauge("ccore_messages_due_seconds", "Age of the oldest text message that could be sent now")
GIVEN_UP = Gauge("ccore_messages_given_up", "Text messages given up within the last 24 hours")
OPEN = Gauge("ccore_message_gateway_left_alone", "1 while the gateway fails and is left alone", ["name"])
ARRIVED = Counter("ccore_messages_arrived_total", "Text messages that came in, each once")
HANDLED = Counter(
    "ccore_messages_handled_total",
    "Text messages that came in and were worked off: done, again, set_aside",
    ["outcome"],
)
UNREAD = Gauge("ccore_messages_unread", "Text messages that came in and are not worked off yet")
SET_ASIDE = Gauge("ccore_messages_set_aside", "Text messages that came in and wait for a person")
RECEIPTS = Counter("ccore_message_receipts_total", "Receipts of gateways, by what they say", ["kind"])
