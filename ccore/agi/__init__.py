"""FastAGI: accept what Asterisk sends, route it by name, one Agi object per call."""

from ccore.agi.dialogue import Answer, CommandRefused, Hangup
from ccore.agi.headers import Request
from ccore.agi.server import Server
from ccore.agi.session import Agi, Route

__all__ = ["Agi", "Answer", "CommandRefused", "Hangup", "Request", "Route", "Server"]
