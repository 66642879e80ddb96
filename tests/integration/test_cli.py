"""The command line as an admin types it: what each command prints, and its exit code."""

import asyncio
import json
import re
import shutil
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from ccore import commands
from ccore.__main__ import main
from ccore.cdr.service import CallRecords
from ccore.commands import NAMES
from ccore.db.pool import Database
from ccore.shipped import shipped
from tests.integration.cdr_site import calls
from tests.support.asterisk_logs import Logs
from tests.support.command import Ended, Home, embedded_home, lonely_home
from tests.support.shop import sql, value


@pytest.fixture
async def home(tmp_path: Path, dsn: str) -> Home:
    return lonely_home(tmp_path, dsn)


def add_to_config(home: Home, text: str) -> None:
    path = home.directory / "ccore.toml"
    path.write_text(text + path.read_text(encoding="utf-8"), encoding="utf-8")


def in_process(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """A command that ends before it starts anything, without the second a process takes to start."""
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr()
    return Ended(code, said.out, said.err)


def test_help_names_every_command_and_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    told = in_process(capsys, "--help").out
    assert re.findall(r"^    ([\w-]+) ", told, re.MULTILINE) == [*NAMES]
    for command in NAMES:
        ended = in_process(capsys, command, "--help")
        assert (ended.code, f"usage: ccore {command}" in ended.out) == (0, True)
    assert in_process(capsys, "dance").code == 2


def test_every_command_that_has_a_file_is_named() -> None:
    files = (import_module(f"ccore.commands.{module.name}") for module in iter_modules(commands.__path__))
    own = {file.__name__.rpartition(".")[2].replace("_", "-") for file in files if hasattr(file, "register")}
    assert own - {*NAMES} == {"recordings-list"}  # which adds actions to another


@pytest.mark.parametrize("line", ["dance", "dance run", "--config run dance", "--config run --help", "--help run"])
def test_where_no_command_is_named_all_are_told(capsys: pytest.CaptureFixture[str], line: str) -> None:
    ended = in_process(capsys, *line.split())
    assert ended.code == (0 if "--help" in line else 2)
    assert all(name in ended.out + ended.err for name in NAMES)


async def test_check_of_sound_files(home: Home) -> None:
    ended = await home.ccore("check")
    assert (ended.code, ended.out, ended.err) == (0, "", "no faults\n")


def test_faults_are_said_in_the_language_of_the_locale(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(shipped("dialplan"), tmp_path / "dialplan")
    (tmp_path / "dialplan/extensions.d/own.conf").write_text("[own]\nexten => s,1,System(id)\n", encoding="utf-8")
    (tmp_path / "ccore.toml").write_text('[paths]\ndialplan = "dialplan"\n', encoding="utf-8")
    check = ("--config", str(tmp_path / "ccore.toml"), "check")
    for locale, chosen, said in (
        ("zh_CN.UTF-8", (), "DP301 这里不允许使用 System"),
        ("zh_CN.UTF-8", ("--language", "en"), "DP301 System is not allowed here"),
        ("C.UTF-8", (), "DP301 System is not allowed here"),
        ("C.UTF-8", ("--language", "zh"), "DP301 这里不允许使用 System"),
    ):
        monkeypatch.setenv("LC_ALL", locale)
        ended = in_process(capsys, *check, *chosen)
        assert (ended.code, "own.conf:2 " + said in ended.out) == (1, True), ended.out


async def test_check_tells_every_fault_at_once_and_run_refuses_to_start_with_them(home: Home) -> None:
    shutil.copytree(shipped("dialplan"), home.directory / "dialplan")
    add_to_config(home, '[paths]\ndialplan = "dialplan"\nsecrets = "secrets.toml"\n[log]\nstlye = "json"\n')
    plan, own = home.directory / "dialplan/numbers.toml", home.directory / "dialplan/extensions.d/own.conf"
    plan.write_text(plan.read_text(encoding="utf-8") + '[[hotline]]\nnumber = "10086100"\n', encoding="utf-8")
    own.write_text("[own]\nexten => s,1,System(id)\n", encoding="utf-8")
    (home.directory / "secrets.toml").write_text('ami_events_secret = "weak"\n', encoding="utf-8")
    (home.directory / "secrets.toml").chmod(0o644)
    ended = await home.ccore("check", "--language", "en")
    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (1, f"{len(lines)} faults\n")
    found = [re.fullmatch(r"(\S+):(\d+) ([A-Z]+\d*) \S.*", line) for line in lines]
    assert None not in found, lines
    assert {(Path(line[1]).name, line[3]) for line in found if line} >= {
        ("ccore.toml", "CONFIG"), ("numbers.toml", "NUMBER"), ("own.conf", "DP301"), ("secrets.toml", "SECRET")
    }  # fmt: skip
    run = await home.ccore("run")
    assert run.code == 1
    assert "ccore.toml:5 CONFIG log.stlye: unknown key" in run.err

    config = home.directory / "ccore.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("stlye", "style"), encoding="utf-8")
    run = await home.ccore("run")  # as far as the configuration: the files it names come next
    assert (run.code, [line for line in run.said if line not in ended.out]) == (1, [])
    assert len(run.said) == len(lines) - 1


# What a command line needs to make sense.
NEEDED = {
    "call": ["10086"], "walk": ["10086"], "graph": ["10086"], "survey": ["service"],
    "customers": ["import", "customers.csv"], "announce": ["list"], "voicemail": ["list"], "callbacks": ["list"],
    "prompts": ["verify"], "numbers": ["queues"], "volume": ["import", "plan.csv"], "echelons": ["list"],
    "explain": ["node1!1.1"], "recordings": ["list"], "quality": ["worklist", "service", "2026-W47"],
    "campaigns": ["list"], "lists": ["list"], "consent": ["show", "10086"],
    "donotcall": ["list"], "queues": ["list"], "people": ["list"], "agents": ["list"],
    "phones": ["2001"], "audit": ["list"], "trunks": ["list"], "messages": ["list"], "product": ["list"],
    "employees": ["list"], "teams": ["list"], "claims": ["list"], "commission": ["verify"], "periods": ["list"],
    "orders": ["list"], "fraud": ["list"], "privacy": ["list"],
}  # fmt: skip


@pytest.mark.parametrize("command", [[name, *NEEDED.get(name, [])] for name in NAMES])
def test_an_unknown_key_stops_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    file = tmp_path / "ccore.toml"
    file.write_text("[log]\n[oops]\n", encoding="utf-8")
    ended = in_process(capsys, "--config", str(file), *command)
    assert ended.code == 1
    assert f"{file}:2 CONFIG oops: unknown key: remove it or correct its spelling\n" in ended.out + ended.err


def test_a_configuration_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = in_process(capsys, "--config", str(tmp_path / "ccore.toml"), "run")
    assert (ended.code, f"{tmp_path}/ccore.toml:0 CONFIG cannot be read" in ended.err) == (1, True)


@pytest.mark.parametrize("command", ["run", "migrate"])
async def test_secrets_that_everybody_can_read_are_refused(home: Home, command: str) -> None:
    (home.directory / "var").mkdir()
    secrets = home.directory / "var/secrets.toml"
    secrets.write_text('database_dsn = "postgresql://host/ccore"\n', encoding="utf-8")
    secrets.chmod(0o644)
    ended = await home.ccore(command)
    expected = f"{secrets}:0 SECRET can be read by every user of this machine: chmod 0600 secrets.toml\n"
    assert (ended.code, ended.err) == (1, expected)


async def test_a_var_directory_that_cannot_be_is_told(home: Home) -> None:
    add_to_config(home, '[paths]\nvar = "ccore.toml/var"\n')
    ended = await home.ccore("demo")
    assert (ended.code, len(ended.said), "ccore: paths.var: " in ended.err) == (1, 1, True), ended


async def test_migrate_names_what_it_applied_and_needs_no_other_secret(tmp_path: Path, empty_dsn: str) -> None:
    home = lonely_home(tmp_path, empty_dsn, secrets={})
    first = await home.ccore("migrate")
    applied = re.findall(r"applied (\d{4})_\w+", first.out)
    assert (first.code, applied[:2]) == (0, ["0001", "0002"])
    second = await home.ccore("migrate")
    assert (second.code, second.out) == (0, "the schema is up to date\n")
    assert await value(empty_dsn, "SELECT count(*) FROM schema_migrations") == len(applied)
    assert not (tmp_path / "var").exists()  # no server of ccore's own was made


async def test_migrate_of_the_embedded_database_leaves_no_server(tmp_path: Path) -> None:
    home = embedded_home(tmp_path)
    ended = await home.ccore("migrate")
    assert (ended.code, "applied 0001_ordering" in ended.out) == (0, True)
    home.assert_nothing_left()


async def test_migrate_of_a_database_that_is_away(tmp_path: Path) -> None:
    ended = await lonely_home(tmp_path, f"postgresql://ccore@/ccore?host={tmp_path}").ccore("migrate")
    assert (ended.code, len(ended.said)) == (1, 1)
    assert ended.err.startswith("ccore: PostgreSQL cannot be migrated now: ")


async def test_replay_compares_and_on_demand_writes(home: Home, dsn: str, database: Database) -> None:
    Logs(home.directory / "log").add(*calls(0, 3))
    await CallRecords(database, {"node1": home.directory / "log"}).catch_up()
    same = await home.ccore("replay", "--check")
    assert (same.code, same.out) == (
        0,
        "3 calls folded again, 0 differ\n1 lines of the statistics counted again, 0 differ\n"
        "0 calls of queues folded again, 0 differ\n0 quarters of queue numbers counted again, 0 differ\n",
    )
    await sql(dsn, "UPDATE folded_calls SET disposition = 'busy' WHERE linkedid = $1", calls(1, 2)[0].linkedid)
    differing = await home.ccore("replay")
    assert (differing.code, differing.out.splitlines()[0]) == (1, "3 calls folded again, 1 differ")
    assert calls(1, 2)[0].linkedid in differing.out
    assert (await home.ccore("replay", "--write")).code == 0
    assert (await home.ccore("replay")).code == 0


async def test_statistics_are_told_in_the_site_s_time_as_a_table_or_as_json(home: Home, database: Database) -> None:
    Logs(home.directory / "log").add(*calls(0, 3))
    await CallRecords(database, {"node1": home.directory / "log"}).catch_up()
    table = await home.ccore("statistics", "--from", "2026-11-22", "--by", "number")
    assert table.code == 0, table.err
    head, _, number, total = table.out.splitlines()
    assert head == "calls that began from 2026-11-22 00:00 to 2026-11-23 00:00 CST"
    assert (number.split()[:3], total.split()[:3]) == (["1008610001", "3", "3"], ["total", "3", "3"])
    told = await home.ccore("statistics", "--from", "2026-11-22T09:00", "--to", "2026-11-22T09:15", "--json")
    data = json.loads(told.out)
    assert (data["from"], data["to"], data["complete"]) == (
        "2026-11-22T01:00:00.000000Z", "2026-11-22T01:15:00.000000Z", True
    )  # fmt: skip
    assert [(line["dialled"], line["calls"], line["orders"]) for line in data["lines"]] == [("1008610001", 3, 0)]
    backwards = await home.ccore("statistics", "--from", "2026-11-22", "--to", "2026-11-22")
    assert (backwards.code, backwards.said[-1]) == (2, "ccore: --to is not after --from")


def test_statistics_of_what_is_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process(capsys, "statistics", "--from", "yesterday").code == 2


async def test_status_without_a_daemon(home: Home) -> None:
    ended = await home.ccore("status")
    assert (ended.code, len(ended.said)) == (1, 1)
    assert ended.err.startswith(f"ccore: no ccore answers at http://127.0.0.1:{home.config.http.port}/health: ")


@pytest.mark.parametrize(
    "body", [b"HTTP/1.1 404 Not Found\r\n\r\n", b'HTTP/1.1 200 OK\r\n\r\n{"a": 1}', b"SSH-2.0\r\n"]
)
async def test_status_with_somebody_else_on_the_port(home: Home, body: bytes) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(body)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", home.config.http.port):
        ended = await home.ccore("status")
    assert (ended.code, "Traceback" in ended.err, "no ccore answers" in ended.err) == (1, False, True), ended


async def test_call_where_nothing_is_there(home: Home) -> None:
    ended = await home.ccore("call", "1008610001", "--from", "13912345678")
    assert (ended.code, "13912345678" in ended.out) == (1, False)
    assert ended.err == f"ccore: nothing answers at 127.0.0.1:{home.config.nodes['node1'].sip_port}: is Asterisk up?\n"


@pytest.mark.parametrize("arguments", [["10086", "--node", "west"], ["10086; reboot"], ["10086", "--from", "me"]])
async def test_call_of_what_cannot_be_called(home: Home, arguments: list[str]) -> None:
    ended = await home.ccore("call", *arguments)
    assert (ended.code, len(ended.said), ended.out) == (2, 1, "")


async def test_stop_with_nothing_to_stop(home: Home) -> None:
    assert (await home.ccore("stop")).code == 0
