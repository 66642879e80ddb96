"""What the call records count and measure, for Prometheus."""

from prometheus_client import Counter, Gauge

BYTES_READ = Counter("ccore_call_log_read_bytes", "Bytes of Asterisk's files dealt with", ["node", "log"])
ROWS_READ = Counter("ccore_call_log_rows", "Rows read", ["node", "log"])
ROWS_STORED = Counter(
    "ccore_call_log_rows_stored", "Rows stored; fewer than read if they were there already", ["node", "log"]
)
REJECTS = Counter("ccore_call_log_rejects", "Pieces set aside because they are no row", ["node", "log"])
POSITION = Gauge(
    "ccore_call_log_position_bytes", "How far the file Asterisk writes now was dealt with", ["node", "log"]
)
BEHIND_BYTES = Gauge(
    "ccore_call_log_behind_bytes", "Bytes that Asterisk wrote and ccore has not dealt with", ["node", "log"]
)
BEHIND_S = Gauge(
    "ccore_call_log_behind_seconds", "Time since ccore had dealt with all that Asterisk wrote", ["node", "log"]
)
FOLDED = Counter("ccore_calls_folded", "Records written; a call is folded again whenever rows of it come")
BOOTS = Counter("ccore_call_boots_noticed", "Starts of Asterisk noticed in its channel events", ["node"])
WITHOUT_CDR = Gauge(
    "ccore_calls_without_cdr", "Calls that ended within a day without any CDR row; their records are whole"
)


def forget(node: str, log: str) -> None:
    """Say nothing more of how far a log is read: another ccore reads it, and says so."""
    for gauge in (POSITION, BEHIND_BYTES, BEHIND_S):
        gauge.remove(node, log)


CUT = Counter("ccore_calls_cut", "Open calls closed as interrupted: Asterisk had them no more", ["node"])
