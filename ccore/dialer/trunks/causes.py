"""What the cause a call did not come off with says: of the number, and of the trunk; one literal table each.

Q.850 causes are what E1 tells, and SIP in a Reason header (RFC 3326). SIP's own statuses are read as RFC 3398, 8.2.6.1,
maps them to causes, but that a carrier's refusal of ours is no refusal by whom we called.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ccore.centre.outgoing import Code
from ccore.dialer.model import Outcome


@dataclass(frozen=True, slots=True)
class Meaning:
    """``retry``: the number may be good for another attempt; ``trunk_fault``: it is the trunk that failed."""

    outcome: Outcome
    retry: bool
    trunk_fault: bool = False


_INVALID = Meaning(Outcome.INVALID, retry=False)
_BUSY = Meaning(Outcome.BUSY, retry=True)
_UNWANTED = Meaning(Outcome.BUSY, retry=False)
_NO_ANSWER = Meaning(Outcome.NO_ANSWER, retry=True)
_BEYOND = Meaning(Outcome.CONGESTION, retry=True)  # something on the way that other calls do not need
_TRUNK = Meaning(Outcome.CONGESTION, retry=True, trunk_fault=True)

# ITU-T Q.850 (05/98), table 1, with its names. Of normal clearing (16, 31), and of interworking (127), which says that
# nobody knows, more is known from Dial's status: they are not here.
Q850: Mapping[int, Meaning] = {
    1: _INVALID,  # unallocated (unassigned) number
    2: _TRUNK,  # no route to specified transit network
    3: _TRUNK,  # no route to destination: a carrier's tables, for all numbers of a region at once
    4: _INVALID,  # send special information tone
    5: _TRUNK,  # misdialled trunk prefix: ours
    6: _TRUNK,  # channel unacceptable
    7: _TRUNK,  # call awarded and being delivered in an established channel
    8: _BEYOND,  # preemption
    9: _BEYOND,  # preemption, circuit reserved for reuse
    14: _INVALID,  # query on release: number ported
    17: _BUSY,  # user busy
    18: _NO_ANSWER,  # no user responding
    19: _NO_ANSWER,  # no answer from user (user alerted)
    20: _NO_ANSWER,  # subscriber absent: switched off, out of reach
    21: _BUSY,  # call rejected, by whom we called
    22: _INVALID,  # number changed
    23: _INVALID,  # redirection to new destination
    24: _UNWANTED,  # call rejected due to feature at the destination
    25: _TRUNK,  # exchange routing error
    26: _NO_ANSWER,  # non-selected user clearing
    27: _BEYOND,  # destination out of order
    28: _INVALID,  # invalid number format (address incomplete)
    29: _TRUNK,  # facility rejected
    34: _TRUNK,  # no circuit/channel available
    38: _TRUNK,  # network out of order
    39: _TRUNK,  # permanent frame mode connection out of service
    40: _TRUNK,  # permanent frame mode connection operational
    41: _TRUNK,  # temporary failure
    42: _TRUNK,  # switching equipment congestion
    43: _TRUNK,  # access information discarded
    44: _TRUNK,  # requested circuit/channel not available
    46: _BEYOND,  # precedence call blocked
    47: _TRUNK,  # resource unavailable, unspecified
    49: _TRUNK,  # quality of service not available
    50: _TRUNK,  # requested facility not subscribed
    53: _TRUNK,  # outgoing calls barred within closed user group
    55: _INVALID,  # incoming calls barred within closed user group
    57: _TRUNK,  # bearer capability not authorized
    58: _TRUNK,  # bearer capability not presently available
    62: _TRUNK,  # inconsistency in designated outgoing access information and subscriber class
    63: _TRUNK,  # service or option not available, unspecified
    65: _TRUNK,  # bearer capability not implemented
    66: _TRUNK,  # channel type not implemented
    69: _TRUNK,  # requested facility not implemented
    70: _TRUNK,  # only restricted digital information bearer capability is available
    79: _TRUNK,  # service or option not implemented, unspecified
    81: _TRUNK,  # invalid call reference value
    82: _TRUNK,  # identified channel does not exist
    83: _TRUNK,  # a suspended call exists, but this call identity does not
    84: _TRUNK,  # call identity in use
    85: _TRUNK,  # no call suspended
    86: _TRUNK,  # call having the requested call identity has been cleared
    87: _INVALID,  # user not member of closed user group
    88: _INVALID,  # incompatible destination: no line for speech
    90: _INVALID,  # non-existent closed user group
    91: _TRUNK,  # invalid transit network selection
    95: _TRUNK,  # invalid message, unspecified
    96: _TRUNK,  # mandatory information element is missing
    97: _TRUNK,  # message type non-existent or not implemented
    98: _TRUNK,  # message not compatible with call state or message type non-existent or not implemented
    99: _TRUNK,  # information element/parameter non-existent or not implemented
    100: _TRUNK,  # invalid information element contents
    101: _TRUNK,  # message not compatible with call state
    102: _TRUNK,  # recovery on timer expiry
    103: _TRUNK,  # parameter non-existent or not implemented, passed on
    110: _TRUNK,  # message with unrecognized parameter, discarded
    111: _TRUNK,  # protocol error, unspecified
}

# RFC 3261, 21, with its reason phrases, and the cause RFC 3398 makes of each. 487 is what our own CANCEL comes to.
SIP: Mapping[int, Meaning] = {
    301: _INVALID,  # Moved Permanently (22)
    302: _INVALID,  # Moved Temporarily: a trunk that sends calls elsewhere is followed nowhere
    400: _TRUNK,  # Bad Request (41)
    401: _TRUNK,  # Unauthorized (21): we are not let in
    402: _TRUNK,  # Payment Required (21)
    403: _TRUNK,  # Forbidden (21): by the carrier, whoever is called
    404: _INVALID,  # Not Found (1)
    405: _TRUNK,  # Method Not Allowed (63)
    406: _TRUNK,  # Not Acceptable (79)
    407: _TRUNK,  # Proxy Authentication Required (21)
    408: _TRUNK,  # Request Timeout (102); Asterisk's own word for a trunk that answers nothing at all
    410: _INVALID,  # Gone (22)
    413: _TRUNK,  # Request Entity Too Large (127)
    414: _TRUNK,  # Request-URI Too Long (127)
    415: _TRUNK,  # Unsupported Media Type (79)
    416: _TRUNK,  # Unsupported URI Scheme (127)
    420: _TRUNK,  # Bad Extension (127)
    421: _TRUNK,  # Extension Required (127)
    422: _TRUNK,  # Session Interval Too Small (RFC 4028)
    423: _TRUNK,  # Interval Too Brief (127)
    433: _TRUNK,  # Anonymity Disallowed (RFC 5079)
    480: _NO_ANSWER,  # Temporarily Unavailable (18)
    481: _TRUNK,  # Call/Transaction Does Not Exist (41)
    482: _TRUNK,  # Loop Detected (25)
    483: _TRUNK,  # Too Many Hops (25)
    484: _INVALID,  # Address Incomplete (28)
    485: _INVALID,  # Ambiguous (1)
    486: _BUSY,  # Busy Here (17)
    488: _TRUNK,  # Not Acceptable Here (by its warning)
    500: _TRUNK,  # Server Internal Error (41)
    501: _TRUNK,  # Not Implemented (79)
    502: _TRUNK,  # Bad Gateway (38)
    503: _TRUNK,  # Service Unavailable (41)
    504: _TRUNK,  # Server Time-out (102)
    505: _TRUNK,  # Version Not Supported (127)
    513: _TRUNK,  # Message Too Large (127)
    580: _TRUNK,  # Precondition Failure (RFC 3312)
    600: _BUSY,  # Busy Everywhere (17)
    603: _BUSY,  # Decline (21)
    604: _INVALID,  # Does Not Exist Anywhere (1)
    606: _TRUNK,  # Not Acceptable (58)
    607: _UNWANTED,  # Unwanted (RFC 8197): whoever was called says so
    608: Meaning(Outcome.CONGESTION, retry=False),  # Rejected (RFC 8688): by a filter on the way, which sees a nuisance
}

# What Asterisk makes of a status that came without a Reason (``hangup_sip2cause`` of its chan_pjsip). A cause that is
# another one came from the network, and says more than the status.
_BY_ASTERISK: Mapping[int, int] = {
    401: 21, 403: 21, 404: 1, 405: 127, 407: 21, 408: 18, 409: 41, 410: 22, 411: 127, 413: 127, 414: 127, 415: 127,
    420: 3, 480: 19, 481: 127, 482: 127, 483: 19, 484: 28, 485: 1, 486: 17, 487: 127, 488: 58, 491: 127,
    500: 38, 501: 29, 502: 27, 503: 34, 504: 102, 505: 127, 600: 17, 603: 21, 604: 1, 606: 58,
}  # fmt: skip

# Dial's word where no cause says more.
_STATUS: Mapping[str, Meaning] = {
    "ANSWER": Meaning(Outcome.HUNG_UP, retry=True),
    "BUSY": _BUSY,
    "NOANSWER": _NO_ANSWER,
    "CONGESTION": _TRUNK,
    "CHANUNAVAIL": _TRUNK,  # no channel of the trunk, or no such trunk
    "INVALIDARGS": _TRUNK,
    "FULL": _BEYOND,  # our own: no channel was left (ccore.pbx.campaign_trunk)
}
_CANCELLED = Meaning(Outcome.CANCELLED, retry=True)
_UNKNOWN = Meaning(Outcome.LOST, retry=True)


def meaning(q850: int, sip: int, dialstatus: str, codes: Mapping[str, Code] | None = None) -> Meaning:
    """What came of a call that ended with these: 0 and "" for what is not known.

    ``codes`` are those of the trunk (outgoing.toml), which go before the tables.
    """
    if dialstatus == "CANCEL":  # by us, whatever came then
        return _CANCELLED
    from_network = q850 != _BY_ASTERISK.get(sip, 127 if 400 <= sip < 500 or sip >= 600 else 34)
    causes = [(f"q850-{q850}", Q850.get(q850)), (f"sip-{sip}", SIP.get(sip))]
    for name, found in causes if from_network else reversed(causes):
        if codes and (said := codes.get(name)):
            return Meaning(Outcome(said.outcome), said.retry, said.trunk_fault)
        if found is not None:
            return found
    return _STATUS.get(dialstatus, _UNKNOWN)
