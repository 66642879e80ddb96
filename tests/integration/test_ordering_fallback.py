"""order_fallback.py as Asterisk runs it: a process of its own with AGI on its standard input and output."""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

import agi_scripts
from ccore.clock import utc_now
from ccore.ordering.model import Attempt
from ccore.ordering.spool import read_line
from tests.support.waiting import until

SCRIPT = Path(agi_scripts.__file__).with_name("order_fallback.py")
UNIQUEID = "node1-1763800000.5"
ARGUMENTS = ("1008610001", "+8613812345678", "node1", UNIQUEID)
ENVIRONMENT = b"""\
agi_request: order_fallback.py
agi_channel: PJSIP/local-00000005
agi_uniqueid: node1-1763800000.5
agi_callerid: 13812345678
agi_calleridname: \xd5\xc5\xc8\xfd
agi_rdnis: 1
agi_uniqueid: forged
agi_arg_1: 1008610001

"""
RECEIVED = b'SET VARIABLE "CCORE_RESULT" "received"\n'


@contextmanager
def fallback(spool: Path, arguments: Sequence[str] = ARGUMENTS, **how: object) -> Iterator["subprocess.Popen[bytes]"]:
    """The script, started for a call, its AGI environment given."""
    command = [sys.executable, str(SCRIPT), *arguments, *([str(spool)] if len(arguments) == 4 else [])]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, **how) as process:  # type: ignore[call-overload]
        assert process.stdin is not None
        process.stdin.write(ENVIRONMENT)
        process.stdin.flush()
        yield process


def orders(spool: Path) -> list[Attempt]:
    """The orders in the spool, as ccore reads them."""
    found = [read_line(path.read_bytes().removesuffix(b"\n"), utc_now()) for path in (spool / "new").glob("*")]
    assert all(isinstance(order, Attempt) for order in found)
    return [order for order in found if isinstance(order, Attempt)]


def saved(spool: Path) -> bool:
    return (spool / "new").is_dir() and len(list((spool / "new").iterdir())) == 1


def test_the_order_is_on_disk_before_asterisk_hears_received(tmp_path: Path) -> None:
    with fallback(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == RECEIVED
        [order] = orders(tmp_path)
        output = process.communicate(b"200 result=1\n")
    assert (order.call_key, order.dialled, order.caller) == (f"node1!{UNIQUEID}", "1008610001", "+8613812345678")
    assert abs((utc_now() - order.called_at).total_seconds()) < 60
    assert output == (b"", b"")
    assert process.returncode == 0
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_spool_can_be_named_by_the_environment(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), *ARGUMENTS]
    given = ENVIRONMENT + b"200 result=1\n"
    ran = subprocess.run(
        command, input=given, capture_output=True, env={"CCORE_ORDER_SPOOL": str(tmp_path)}, check=True
    )
    assert ran.stdout == RECEIVED
    assert len(orders(tmp_path)) == 1


def test_the_trunk_follows_the_spool_which_may_be_the_usual_one(tmp_path: Path) -> None:
    for number, more in enumerate((["", "roaming"], [str(tmp_path), "roaming"])):
        subprocess.run(
            [sys.executable, str(SCRIPT), *ARGUMENTS, *more], input=ENVIRONMENT + b"200 result=1\n", check=True,
            capture_output=True, env={"CCORE_ORDER_SPOOL": str(tmp_path)},
        )  # fmt: skip
        assert [order.trunk for order in orders(tmp_path)] == ["roaming"] * (number + 1)


@pytest.mark.parametrize("end", ["stdin", "stdout"])
def test_a_caller_who_hung_up_changes_nothing_about_the_line(tmp_path: Path, end: str) -> None:
    with fallback(tmp_path) as process:
        getattr(process, end).close()
        setattr(process, end, None)
        _, complaint = process.communicate()
    assert len(orders(tmp_path)) == 1
    assert process.returncode == 0
    assert complaint.startswith(b"order_fallback: order taken, caller gone")
    assert complaint.count(b"\n") == 1


async def test_asterisks_sign_of_a_hangup_changes_nothing_about_the_line(tmp_path: Path) -> None:
    with fallback(tmp_path) as process:
        await until(lambda: saved(tmp_path))
        process.send_signal(signal.SIGHUP)
        process.communicate(b"200 result=1\nHANGUP\n")
    assert process.returncode == 0
    assert len(orders(tmp_path)) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ARGUMENTS[:3],
        ("100861000x", *ARGUMENTS[1:]),
        ("１００８６１０００１", *ARGUMENTS[1:]),
        ("", *ARGUMENTS[1:]),
        (ARGUMENTS[0], "anonymous", *ARGUMENTS[2:]),
        (ARGUMENTS[0], "138\nagi_extension: 1", *ARGUMENTS[2:]),
        (*ARGUMENTS[:2], "../../tmp", UNIQUEID),
        (*ARGUMENTS[:3], "../1.2"),
        (*ARGUMENTS[:3], ""),
    ],
)
def test_arguments_the_dialplan_never_sends_take_no_order(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with fallback(tmp_path, arguments) as process:
        output, complaint = process.communicate()
    assert output == b""
    assert process.returncode == 0
    assert complaint.startswith(b"order_fallback: no order taken: ")
    assert complaint.count(b"\n") == 1
    assert b"138" not in complaint
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_takes_no_order_and_leaves_nothing_behind(tmp_path: Path) -> None:
    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    with fallback(tmp_path, preexec_fn=no_room) as process:
        output, complaint = process.communicate()
    assert output == b""
    assert process.returncode == 0
    assert complaint.startswith(b"order_fallback: no order taken: ")
    assert list((tmp_path / "new").iterdir()) == list((tmp_path / "tmp").iterdir()) == []


def test_a_spool_that_cannot_be_made_takes_no_order(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with fallback(tmp_path / "file") as process:
        assert process.communicate()[0] == b""
    assert process.returncode == 0


def test_many_callers_at_once_have_a_line_each(tmp_path: Path) -> None:
    for n in range(0, 40, 10):
        running = [fallback(tmp_path, (*ARGUMENTS[:3], f"node1-1.{n + k}")) for k in range(10)]
        processes = [each.__enter__() for each in running]
        for process, each in zip(processes, running, strict=True):
            assert process.communicate(b"200 result=1\n")[0] == RECEIVED
            each.__exit__(None, None, None)
    assert len({order.call_key for order in orders(tmp_path)}) == 40


def test_it_imports_nothing_heavy(tmp_path: Path) -> None:
    """A caller waits while it starts: 30 ms like this, 300 ms with all of ccore."""
    command = [sys.executable, "-X", "importtime", str(SCRIPT), *ARGUMENTS, str(tmp_path)]
    ran = subprocess.run(command, input=ENVIRONMENT + b"200 result=1\n", capture_output=True, check=True)
    imported = {line.rpartition(b"|")[2].strip().decode().partition(".")[0] for line in ran.stderr.splitlines()}
    assert "asterisk" in imported
    assert not imported & {"asyncio", "asyncpg", "ccore", "agi_scripts", "logging", "pathlib", "pydantic", "structlog"}
