"""The configuration file and the secrets beside it: what is refused, and how it is said."""

import re
import stat
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ccore.config import load, load_secrets, make_secrets
from ccore.errors import FaultsFound
from ccore.nodes import E1Trunk, SipTrunk

SECRETS = 'ami_events_secret = "0123456789abcdefgh"\nami_actions_secret = "abcdefgh-ijklmnop_123"\n'


def write(directory: Path, text: str) -> Path:
    path = directory / "ccore.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(path: Path) -> list[tuple[int, str]]:
    with pytest.raises(FaultsFound) as caught:
        load(path)
    assert {fault.code for fault in caught.value.faults} == {"CONFIG"}
    return [(fault.line, fault.message) for fault in caught.value.faults]


def test_without_a_file_everything_has_a_default_that_needs_no_root_and_no_outside() -> None:
    config = load(None)
    assert config.var == Path.cwd() / "var"
    assert str(config.agi.host) == str(config.http.host) == str(config.nodes["node1"].sip_bind) == "127.0.0.1"
    ports = [config.agi.port, config.http.port, config.nodes["node1"].ami_port, config.nodes["node1"].sip_port]
    assert len(set(ports)) == 4
    assert all(port >= 1024 for port in ports)
    assert not {5038, 5060, 4573, 5432, 8088} & set(ports), "those of an Asterisk or PostgreSQL already there"


def test_an_empty_file_is_the_same_as_none(tmp_path: Path) -> None:
    config = load(write(tmp_path, ""))
    assert config.model_copy(update={"source": load(None).source}) == load(None)


def test_paths_start_where_the_file_is(tmp_path: Path) -> None:
    config = load(write(tmp_path, '[paths]\nvar = "data"\ndialplan = "../plan"\nsecrets = "/etc/ccore/secrets.toml"\n'))
    assert config.var == tmp_path / "data"
    assert config.dialplan == tmp_path.parent / "plan"
    assert config.secrets_file == Path("/etc/ccore/secrets.toml")
    assert config.node_dir("node1") == tmp_path / "data/nodes/node1"
    assert config.spool_dir("node1") == tmp_path / "data/nodes/node1/spool/orders"
    assert config.heard_dir("node1") == tmp_path / "data/nodes/node1/heard"
    assert config.recorded_dir("node1") == tmp_path / "data/nodes/node1/recorded"


def test_an_external_node_plays_and_records_for_ccore_only_where_it_says_so(tmp_path: Path) -> None:
    without = f'[nodes.node1]\n{EXTERNAL}log_dir = "log"\nspool_dir = "spool"\n'
    config = load(write(tmp_path, without))
    assert (config.heard_dir("node1"), config.recorded_dir("node1")) == (None, None)
    config = load(write(tmp_path, f'{without}heard_dir = "heard"\nrecorded_dir = "/recorded"\n'))
    assert (config.heard_dir("node1"), config.recorded_dir("node1")) == (tmp_path / "heard", Path("/recorded"))


def test_trunks_are_data_of_two_kinds(tmp_path: Path) -> None:
    text = '[trunks.carrier]\nkind = "sip"\npeers = ["192.0.2.0/28"]\n[trunks.span1]\nkind = "e1"\nspan = 1\n'
    trunks = load(write(tmp_path, text)).trunks
    assert trunks == {
        "carrier": SipTrunk(kind="sip", peers=[IPv4Network("192.0.2.0/28")]),
        "span1": E1Trunk(kind="e1", span=1),
    }


@pytest.mark.parametrize(
    ("text", "line", "about"),
    [
        ("[agi]\nprot = 4573\n", 2, "agi.prot: unknown key"),
        ("[agent]\n", 1, "agent: unknown key"),
        ("[agi]\nport = 70000\n", 2, "agi.port"),
        ('[agi]\nport = "a"\n', 2, "agi.port"),
        ('[agi]\nstandby = "192.0.2.8"\n', 2, "no address and port"),
        ('[agi]\nstandby = "192.0.2.8:70000"\n', 2, "no address and port"),
        ('[agi]\nstandby = "0.0.0.0:14573"\n', 2, "no address and port"),
        ('[site]\ntimezone = "Asia/Peking"\n', 2, "no time zone"),
        ('[site]\nregion = "China"\n', 2, "site.region"),
        ('[site]\nname = "客服"\n', 2, "site.name"),
        ('[log]\nstyle = "xml"\n', 2, "log.style"),
        ("[database]\ncall_deadline_s = 5\n", 2, "database.call_deadline_s"),
        ("[http]\nport = 14573\n", 1, "both use tcp port 14573"),
        ("[nodes.a]\n[nodes.b]\nami_port = 5039\n", 1, "both use udp port 15060"),
        ("[nodes.a]\nsip_port = 20001\n", 1, "both use udp port 20001: choose another nodes.a.rtp_ports"),
        ('[trunks.x]\nkind = "e1"\nspan = 1\nnodes = ["node2"]\n', 1, "trunks.x.nodes: there is no node node2"),
        ('[fraud.odd_trunk]\ntrunks = ["roaming"]\n', 1, "fraud.odd_trunk.trunks: there is no trunk roaming"),
        ('[trunks.x]\nkind = "e1"\nspan = 1\nnodes = []\n', 4, "trunks.x.nodes"),
        (
            '[trunks.x]\nkind = "e1"\nspan = 1\n[trunks.y]\nkind = "e1"\nspan = 1\n',
            1,
            "trunks.x.span and trunks.y.span are the same",
        ),
        ("[records]\nkeep_days = 0\n", 2, "records.keep_days"),
        ("[nodes.a]\nrtp_ports = [20000, 10000]\n", 1, "rtp_ports"),
        ('[nodes.a]\nkind = "external"\n', 1, "an external node needs"),
        ("[nodes.UPPER]\n", 1, "nodes.UPPER"),
        ('[trunks.x]\nkind = "isdn"\n', 1, "trunks.x"),
        ('[trunks.x]\nkind = "sip"\npeers = []\n', 3, "trunks.x.peers"),
        ('[trunks.x]\nkind = "sip"\npeers = ["anywhere"]\n', 3, "trunks.x.peers"),
        ('[trunks.x]\nkind = "sip"\npeers = ["192.0.2.1/24"]\n', 3, "first address"),
        ("[ordering]\nwrong_codes_limit = 0\n", 2, "ordering.wrong_codes_limit"),
        ("[ordering]\ninternal_extensions = '[2-8'\n", 2, "no regular expression"),
    ],
)
def test_a_faulty_file_is_told_with_its_line(tmp_path: Path, text: str, line: int, about: str) -> None:
    [(found, message)] = faults(write(tmp_path, text))
    assert about in message
    assert found == line


def test_a_second_node_is_told_every_port_it_has_to_choose(tmp_path: Path) -> None:
    [(_, message)] = faults(write(tmp_path, "[nodes.node1]\n[nodes.node2]\n"))
    assert re.findall(r"choose another ([\w.]+)", message) == [
        "nodes.node2.ami_port", "nodes.node2.http_port", "nodes.node2.sip_port", "nodes.node2.rtp_ports",
    ]  # fmt: skip
    assert "nodes.node1.rtp_ports and nodes.node2.rtp_ports both use udp ports 20000-23999" in message
    ports = "ami_port = 15039\nsip_port = 15061\nrtp_ports = [23000, 24999]\n"
    [(_, message)] = faults(write(tmp_path, f"[nodes.node1]\n[nodes.node2]\n{ports}"))
    assert "udp ports 23000-23999: choose another nodes.node2.rtp_ports" in message
    config = load(write(tmp_path, f"[nodes.node1]\n[nodes.node2]\n{ports.replace('23000', '24000')}"))
    assert list(config.nodes) == ["node1", "node2"]


EXTERNAL = 'kind = "external"\nagi_url_host = "127.0.0.1"\n'


DIRECTORIES = ("log_dir", "spool_dir", "recorded_dir")


@pytest.mark.parametrize("same", ["ami_port", *DIRECTORIES])
def test_two_external_nodes_are_not_one(tmp_path: Path, same: str) -> None:
    def text(**second: str) -> str:
        node1 = {"ami_port": "5038", **{key: f'"{key}1"' for key in DIRECTORIES}}
        node2 = {"ami_port": "5039", **{key: f'"{key}2"' for key in DIRECTORIES}, **second}
        return "".join(
            f"[nodes.{name}]\n{EXTERNAL}" + "".join(f"{key} = {value}\n" for key, value in keys.items())
            for name, keys in (("node1", node1), ("node2", node2))
        )

    assert len(load(write(tmp_path, text())).nodes) == 2
    wrong = "5038" if same == "ami_port" else f'"{same}1"'
    [(_, message)] = faults(write(tmp_path, text(**{same: wrong})))
    assert f"nodes.node1.{same} and nodes.node2.{same} are the same" in message


def test_a_trunk_may_end_at_some_of_the_nodes(tmp_path: Path) -> None:
    nodes = "[nodes.a]\n[nodes.b]\nami_port = 1\nsip_port = 2\nrtp_ports = [8, 9]\n"
    trunks = '[trunks.all]\nkind = "e1"\nspan = 1\n[trunks.one]\nkind = "e1"\nspan = 2\nnodes = ["b"]\n'
    config = load(write(tmp_path, nodes + trunks))
    assert {name: list(config.trunks_of(name)) for name in config.nodes} == {"a": ["all"], "b": ["all", "one"]}


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    found = faults(write(tmp_path, "[agi]\nprot = 1\nport = 0\n[site]\nregion = 1\n[oops]\n"))
    assert [line for line, _ in found] == [2, 3, 5, 6]


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    [(line, message)] = faults(tmp_path / "ccore.toml")
    assert (line, "cannot be read" in message) == (0, True)


@pytest.fixture(autouse=True)
def no_secrets_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("CCORE_AMI_EVENTS_SECRET", "CCORE_AMI_ACTIONS_SECRET", "CCORE_DATABASE_DSN"):
        monkeypatch.delenv(key, raising=False)


def secrets_file(directory: Path, text: str, mode: int = 0o600) -> Path:
    (directory / "var").mkdir()
    path = directory / "var/secrets.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return write(directory, "")


def test_secrets_are_made_once_strong_and_private(tmp_path: Path) -> None:
    config = load(write(tmp_path, ""))
    make_secrets(config)
    made = config.secrets_file.read_text(encoding="utf-8")
    assert stat.S_IMODE(config.secrets_file.stat().st_mode) == 0o600
    secrets = load_secrets(config)
    assert secrets.ami_events_secret != secrets.ami_actions_secret
    make_secrets(config)
    assert config.secrets_file.read_text(encoding="utf-8") == made


def test_secrets_do_not_show(tmp_path: Path) -> None:
    secrets = load_secrets(load(secrets_file(tmp_path, SECRETS)))
    assert secrets.ami_events_secret.get_secret_value() == "0123456789abcdefgh"
    assert "0123456789" not in repr(secrets) + str(secrets)


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o666, 0o644])
def test_secrets_that_everybody_can_read_are_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(FaultsFound, match="chmod 0600"):
        load_secrets(load(secrets_file(tmp_path, SECRETS, mode)))


@pytest.mark.parametrize(
    ("value", "about"),
    [
        ("short", "too weak"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "too weak"),
        ("0123456789;abcdefgh", "letters, digits"),
        ("0123456789 abcdefgh", "letters, digits"),
        ("0123456789密码abcdefgh", "letters, digits"),
    ],
)
def test_weak_secrets_are_refused_with_their_line_and_without_being_said(
    tmp_path: Path, value: str, about: str
) -> None:
    text = f'ami_actions_secret = "abcdefgh-ijklmnop_123"\nami_events_secret = "{value}"\n'
    with pytest.raises(FaultsFound) as caught:
        load_secrets(load(secrets_file(tmp_path, text)))
    [fault] = caught.value.faults
    assert (fault.line, fault.code) == (2, "SECRET")
    assert about in fault.message
    assert value not in fault.message


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(secrets_file(tmp_path, SECRETS))
    monkeypatch.setenv("CCORE_DATABASE_DSN", "postgresql://db/ccore")
    monkeypatch.setenv("CCORE_AMI_EVENTS_SECRET", "from-the-environment")
    secrets = load_secrets(config)
    assert secrets.ami_events_secret.get_secret_value() == "from-the-environment"
    assert secrets.database_dsn is not None


def test_the_environment_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(write(tmp_path, ""))
    with pytest.raises(FaultsFound, match="is not there"):
        load_secrets(config)
    monkeypatch.setenv("CCORE_AMI_EVENTS_SECRET", "from-the-environment-1")
    monkeypatch.setenv("CCORE_AMI_ACTIONS_SECRET", "from-the-environment-2")
    assert load_secrets(config).database_dsn is None


@pytest.mark.parametrize("in_file", [True, False])
def test_a_weak_secret_of_the_environment_is_a_fault_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_file: bool
) -> None:
    config = load(secrets_file(tmp_path, SECRETS) if in_file else write(tmp_path, ""))
    monkeypatch.setenv("CCORE_AMI_EVENTS_SECRET", "weak")
    monkeypatch.setenv("CCORE_AMI_ACTIONS_SECRET", "from-the-environment-2")
    with pytest.raises(FaultsFound, match="too weak"):
        load_secrets(config)


def test_a_file_that_holds_only_the_dsn_is_completed_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load(secrets_file(tmp_path, 'database_dsn = "postgresql://db/ccore"\n'))
    monkeypatch.setenv("CCORE_AMI_EVENTS_SECRET", "from-the-environment-1")
    monkeypatch.setenv("CCORE_AMI_ACTIONS_SECRET", "from-the-environment-2")
    assert load_secrets(config).database_dsn is not None


def test_a_secrets_file_from_before_gets_the_secret_that_is_new_and_keeps_all_else(tmp_path: Path) -> None:
    old = 'ami_events_secret = "0123456789abcdefgh"\nami_actions_secret = "hgfedcba9876543210"\n[look_ups]\nx = "y"\n'
    config = load(secrets_file(tmp_path, old))
    assert load_secrets(config).phone_secret is None
    make_secrets(config)
    made = load_secrets(config)
    assert made.phone_secret is not None
    assert made.ami_events_secret.get_secret_value() == "0123456789abcdefgh"
    assert made.look_ups["x"].get_secret_value() == "y"
    assert stat.S_IMODE(config.secrets_file.stat().st_mode) == 0o600
    assert config.secrets_file.read_text(encoding="utf-8").endswith(old)
    assert [path.name for path in config.secrets_file.parent.iterdir()] == ["secrets.toml"]
