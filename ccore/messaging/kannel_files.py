"""The configuration of a Kannel of ccore's own: one file for bearerbox and smsbox; its paths start where it lies."""

import re
from dataclasses import dataclass
from urllib.parse import quote

CONFIG_FILE = "kannel.conf"
STORE, RECEIPTS = "store", "receipts"  # directories: messages and receipts that are under way, a file each
NETWORK, PHONES = "network", "phones"
ERRORS_ONLY = 3  # Kannel writes numbers and texts at the levels below
NOTHING_BUT_THE_END = 4  # smsbox's errors are addresses with ccore's key
# Receipts and messages that ccore did not take are brought again so often, so long after each other: while ccore starts
# anew. Until smsbox gives up, a message is in the store.
RETRIES, RETRY_AFTER_S = 720, 5
AT_ONCE = 32  # requests to ccore, which takes 100 connections


@dataclass(frozen=True, slots=True)
class Ports:
    """Of 127.0.0.1. The simulated network takes messages at ``network``; who plays a telephone sends at ``phones``."""

    admin: int
    smsbox: int
    sendsms: int
    network: int
    phones: int


@dataclass(frozen=True, slots=True)
class Settings:
    """``incoming`` is where messages are brought, with its key; ``smsc`` the site's own groups, "" to simulate."""

    ports: Ports
    username: str
    password: str
    admin_password: str
    sender: str
    incoming: str
    smsc: str = ""


def rendered(settings: Settings) -> str:
    """The text of the file. No value holds a quote: passwords and addresses are made of letters, digits and signs."""
    groups = [_core(settings), settings.smsc or _simulated(settings.ports), _smsbox(settings), _user(settings)]
    return "\n".join([*groups, _service(settings)])


def phones_port(text: str) -> int | None:
    """Where telephones send at, by the text of the file; None if it simulates no network."""
    found = re.search(rf'^smsc-id = "{PHONES}"\nport = "(\d+)"$', text, re.MULTILINE)
    return int(found[1]) if found else None


def as_sent(sender: str, receiver: str, text: str) -> bytes:
    """A text message as telephones of the simulated network send it."""
    return f"{sender} {receiver} ucs2 {quote(text.encode('utf-16-be'))}\n".encode()


def _group(name: str, **values: object) -> str:
    lines = (f'{key.replace("_", "-")} = "{value}"' for key, value in values.items())
    return f"group = {name}\n" + "".join(f"{line}\n" for line in lines)


def _core(settings: Settings) -> str:
    return _group(
        "core",
        admin_port=settings.ports.admin, admin_interface="127.0.0.1", admin_password=settings.admin_password,
        admin_deny_ip="*.*.*.*", admin_allow_ip="127.0.0.1",
        smsbox_port=settings.ports.smsbox, smsbox_interface="127.0.0.1",
        box_deny_ip="*.*.*.*", box_allow_ip="127.0.0.1",
        store_type="spool", store_location=STORE, dlr_storage="spool", dlr_spool=RECEIPTS,
        log_level=ERRORS_ONLY,
    )  # fmt: skip


def _simulated(ports: Ports) -> str:
    network = _group("smsc", smsc="fake", smsc_id=NETWORK, port=ports.network, connect_allow_ip="127.0.0.1",
                     reconnect_delay=1)  # fmt: skip
    # Nothing is sent by the way that telephones send in by.
    phones = _group("smsc", smsc="fake", smsc_id=PHONES, port=ports.phones, connect_allow_ip="127.0.0.1",
                    allowed_smsc_id=PHONES, reconnect_delay=1)  # fmt: skip
    return f"{network}\n{phones}"


def _smsbox(settings: Settings) -> str:
    # Without an id of its own: one that has needs a route for each carrier, or messages that come in go nowhere.
    return _group(
        "smsbox",
        bearerbox_host="127.0.0.1", bearerbox_port=settings.ports.smsbox,
        sendsms_port=settings.ports.sendsms, sendsms_interface="127.0.0.1", sendsms_chars="0123456789+",
        global_sender=settings.sender, mo_recode="true", max_pending_requests=AT_ONCE,
        http_request_retry=RETRIES, http_queue_delay=RETRY_AFTER_S, log_level=NOTHING_BUT_THE_END,
    )  # fmt: skip


def _user(settings: Settings) -> str:
    return _group(
        "sendsms-user",
        username=settings.username, password=settings.password, user_deny_ip="*.*.*.*", user_allow_ip="127.0.0.1",
        concatenation="true", max_messages=10,
    )  # fmt: skip


def _service(settings: Settings) -> str:
    asked = f"{settings.incoming}&id=%I&from=%p&to=%P&text=%b&charset=%C&at=%t"
    return _group("sms-service", keyword="default", catch_all="true", get_url=asked, max_messages=0, omit_empty="true",
                  assume_plain_text="true")  # fmt: skip
