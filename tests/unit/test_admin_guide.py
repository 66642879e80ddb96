"""The admin's guide tells the truth: its steps are taken, its examples loaded, its tables compared with the code."""

import configparser
import os
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from ccore import config
from ccore.__main__ import _parser
from ccore.check import check
from ccore.config import Config
from ccore.daemon import DRAIN_S
from ccore.db import embedded
from ccore.db.embedded import EmbeddedPostgres
from ccore.shipped import shipped
from tests.support.metrics import ours
from tests.support.postgres import private_postgres
from tests.support.shop import sql

FOLDER = shipped("asterisk-docker")
GUIDE = (FOLDER / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```([^\n]*)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
STEPS = [text for kind, text in BLOCKS if kind == "sh run"]


def test_every_metric_is_in_the_guide_with_its_meaning_and_nothing_else_is() -> None:
    told = re.findall(r"^\| `(ccore_\w+)` \| (.+?) \| (.*?) ?\|$", GUIDE, re.MULTILINE)
    assert sorted(told) == sorted((family.name, family.meaning, ", ".join(family.labels)) for family in ours())


def test_the_alarms_of_the_night_are_in_the_guide() -> None:
    told = re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", GUIDE.partition("| alarm |")[2], re.MULTILINE)
    rules = yaml.safe_load((FOLDER / "prometheus/alerts.yml").read_text(encoding="utf-8"))["groups"]
    critical = [rule for group in rules for rule in group["rules"] if rule["labels"]["severity"] == "critical"]
    assert told == [(rule["alert"], rule["annotations"]["name_zh"]) for rule in critical]


def test_the_example_of_several_nodes_is_sound(tmp_path: Path) -> None:
    (example,) = (text for kind, text in BLOCKS if kind == "toml" and "[nodes.node2]" in text)
    (tmp_path / "ccore.toml").write_text(example, encoding="utf-8")
    settings = config.load(tmp_path / "ccore.toml")
    assert [node.kind for node in settings.nodes.values()] == ["embedded", "embedded"]
    assert list(settings.trunks_of("node1")) == []


def test_the_ports_are_those_of_the_configuration() -> None:
    told = dict(re.findall(r"^\| ([\d–]+) (?:tcp|udp) \|.*\| `([\w.]+)` \|$", GUIDE, re.MULTILINE))
    node = Config().nodes["node1"]
    assert told == {
        str(Config().agi.port): "agi.port",
        str(Config().http.port): "http.port",
        str(node.ami_port): "nodes.NAME.ami_port",
        str(node.http_port): "nodes.NAME.http_port",
        str(node.sip_port): "nodes.NAME.sip_port",
        "–".join(map(str, node.rtp_ports)): "nodes.NAME.rtp_ports",
    }


@pytest.mark.parametrize("kind", ["sh", "sh run"])
def test_every_command_is_one(kind: str) -> None:
    lines = [line for block, text in BLOCKS if block == kind for line in text.replace("\\\n", "").splitlines()]
    subprocess.run(["bash", "-n"], input="\n".join(lines), text=True, check=True)
    ours = [line.split("bin/ccore ")[1] for line in lines if "bin/ccore " in line]
    assert len(ours) > 3
    for line in ours:
        _parser(words := shlex.split(line)).parse_args(words)


def test_links_within_the_guide_lead_somewhere() -> None:
    headings = {re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-")
                for line in re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)}  # fmt: skip
    assert set(re.findall(r"\]\(#([\w-]+)\)", GUIDE)) <= headings
    assert all((FOLDER / link).exists() for link in re.findall(r"\]\(([./\w-]+)\)", GUIDE))


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server as Debian's is: nobody has made anything in it yet."""
    async with private_postgres() as server:
        admin = server.dsn_for("postgres", user="postgres")
        await sql(admin, "DROP DATABASE ccore")
        await sql(admin, "DROP ROLE ccore")
        yield server


def take(step: str, root: Path, postgres: EmbeddedPostgres) -> str:
    """Do what a step says, with every place of the machine below ``root`` and every user being ourselves."""
    places = {"/etc/ccore": root / "etc", "/srv/ccore": root / "srv", "/var/lib/ccore": root / "var",
              "/run/postgresql": postgres.socket_dir, "/opt/ccore/bin/": f"{Path(sys.executable).parent}/"}  # fmt: skip
    for place, here in places.items():
        step = step.replace(place, str(here))
    ourselves = 'id() { command id "$1"; }; runuser() { shift 3; "$@"; }; chown() { :; }\n'
    programs = f"{embedded.program('psql').parent}:{os.environ['PATH']}"
    environment = {"PATH": programs, "PGHOST": str(postgres.socket_dir), "PGUSER": "postgres", "LANG": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", ourselves + step],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{step}\n{done.stdout}{done.stderr}"
    return done.stdout


async def test_the_steps_to_production_and_back_from_a_dump(tmp_path: Path, postgres: EmbeddedPostgres) -> None:
    (tmp_path / "etc").mkdir()
    (example,) = (text for kind, text in BLOCKS if kind == "toml ccore.toml")
    for place, here in {"/etc/ccore": "etc", "/srv/ccore": "srv", "/var/lib/ccore": "var"}.items():
        example = example.replace(place, str(tmp_path / here))
    (tmp_path / "etc/ccore.toml").write_text(example, encoding="utf-8")

    said = [take(step, tmp_path, postgres) for step in STEPS]
    assert "applied 0001_ordering" in said[3]
    assert said[-1].splitlines()[-5:] == [
        "the schema is up to date",
        "0 calls folded again, 0 differ",
        "0 lines of the statistics counted again, 0 differ",
        "0 calls of queues folded again, 0 differ",
        "0 quarters of queue numbers counted again, 0 differ",
    ]
    settings = config.load(tmp_path / "etc/ccore.toml")
    assert check(settings.source) == []
    assert settings.secrets_file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "srv/etc/pjsip.conf").read_text(encoding="utf-8").count("192.0.2.0/28")
    assert settings.spool_dir("node1").is_dir()
    verbosity = "SELECT setconfig::text FROM pg_db_role_setting"
    assert "terse" in (await sql(postgres.dsn_for("postgres", user="postgres"), verbosity))[0][0]


def test_the_unit_runs_what_the_guide_installs_and_waits_for_the_drain() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string((FOLDER / "ccore.service").read_text(encoding="utf-8"))
    service = unit["Service"]
    program, *arguments = shlex.split(service["ExecStart"])
    assert program == "/opt/ccore/bin/ccore"
    assert (_parser().parse_args(arguments).command, arguments[1]) == ("run", "/etc/ccore/ccore.toml")
    assert (service["Type"], service["KillMode"]) == ("notify", "mixed")
    assert DRAIN_S + 5 <= 30 < int(service["TimeoutStopSec"])
    assert f"--groups {service['SupplementaryGroups']} {service['User']}" in GUIDE
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"


def test_the_configuration_of_the_containers_is_sound() -> None:
    assert check(FOLDER / "ccore.toml") == []
