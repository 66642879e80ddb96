"""Asterisk's files as text: what must be in them, what must not, and that no value of ours can add a line."""

import re
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from ccore.calls.tracker import Tracker
from ccore.config import Agi, Config, Secrets, load
from ccore.errors import FaultsFound
from ccore.nodes import E1Trunk, Node, SipTrunk
from ccore.pbx.render import NotOneValue, render

SECRETS = Secrets(ami_events_secret="events-secret-1234", ami_actions_secret="actions-secret-5678")
CDR = (
    "node,uniqueid,linkedid,sequence,accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,"
    "start,answer,end,duration,billsec,disposition,amaflags,userfield"
)
CEL = (
    "node,eventtype,eventtime,cid_name,cid_num,cid_ani,cid_rdnis,cid_dnid,exten,context,channame,appname,appdata,"
    "amaflags,accountcode,uniqueid,linkedid,userfield,peer,eventextra"
)
NEVER_LOADED = re.compile(
    r"app_system|app_externalivr|func_(shell|curl|odbc|env|realtime)|res_(odbc|curl|config_|realtime)|_pgsql|_odbc"
    r"|sqlite|pbx_(ael|lua|realtime|dundi|spool)|res_ari|res_http_(?!websocket)|endpoint_identifier_anonymous|chan_(?!pjsip)"
)
LINE = re.compile(
    r"\[[a-z0-9._-]+\](\([a-z,!-]+\))?|#include \S+|[a-z][a-z0-9_-]*(\([a-z(),A-Z]+\))? =>? ?.*|CCORE_[A-Z_]+ = \S*"
    r"|_\[n\]um:[X0-9]+ => .*"  # say.conf
    r"|[0-9.]+ => [0-9.]+"  # rtp.conf
)


def rendered(**changes: Any) -> dict[str, str]:
    return render(Config(**changes), "node1", SECRETS)


def sections(text: str) -> list[tuple[str, dict[str, list[str]]]]:
    """The sections of an Asterisk file in order; every key may have several values."""
    found: list[tuple[str, dict[str, list[str]]]] = []
    for line in lines(text):
        if line.startswith("["):
            found.append((line[1 : line.index("]")], {}))
        elif not line.startswith("#"):
            key, value = re.split(r" =>? ?", line, maxsplit=1)
            found[-1][1].setdefault(key, []).append(value)
    return found


def section(text: str, name: str, kind: str | None = None) -> dict[str, list[str]]:
    (found,) = [keys for title, keys in sections(text) if title == name and (kind is None or keys["type"] == [kind])]
    return found


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith(";")]


def modules(text: str) -> list[str]:
    return [line.removeprefix("load = ") for line in lines(text) if line.startswith("load")]


def test_every_line_of_every_file_is_one_of_asterisks() -> None:
    files = rendered(trunks={"local": Config().trunks["local"], "span": E1Trunk(kind="e1", span=1)})
    for path, text in files.items():
        comment = "#" if path == "system.conf" else ";"
        for line in text.splitlines():
            assert not line or line.startswith(comment) or LINE.fullmatch(line), (path, line)


def test_only_listed_modules_are_loaded_and_none_that_could_run_or_lose_anything() -> None:
    text = rendered()["modules.conf"]
    assert section(text, "modules")["autoload"] == ["no"]
    loaded = modules(text)
    assert len(loaded) == len(set(loaded)) > 80
    assert [name for name in loaded if NEVER_LOADED.search(name)] == []


def test_manager_accounts_can_do_no_more_than_they_need() -> None:
    text = rendered()["manager.conf"]
    assert [name for name, _ in sections(text)] == ["general", "ccore-events", "ccore-actions"]
    events, actions = section(text, "ccore-events"), section(text, "ccore-actions")
    assert "write" not in events
    assert set(events["read"][0].split(",")) == {"system", "call", "agent", "user", "reporting", "cdr"}
    assert set(actions["write"][0].split(",")) == {"originate", "call", "agent", "reporting", "user"}
    assert actions["read"] == ["system"]
    assert events["secret"] != actions["secret"]
    assert events["acl"] == actions["acl"] == ["manager"]
    assert events["writetimeout"] == actions["writetimeout"] == ["5000"]
    assert len(events["eventfilter(action(exclude),method(regex))"]) == 2


def test_manager_keeps_nothing_back_that_ccore_listens_for() -> None:
    disabled = set(section(rendered()["manager.conf"], "general")["disabledevents"][0].split(","))
    assert disabled
    assert not disabled & Tracker.EVENTS


def test_manager_listens_on_one_address_for_one_client() -> None:
    files = rendered()
    assert section(files["manager.conf"], "general")["bindaddr"] == ["127.0.0.1"]
    assert section(files["manager.conf"], "general")["webenabled"] == ["no"]
    assert section(files["acl.conf"], "manager") == {"deny": ["0.0.0.0/0.0.0.0"], "permit": ["127.0.0.1/32"]}
    http = section(files["http.conf"], "general")  # browser phones, by way of ccore
    assert (http["bindaddr"], http["enable_static"], http["enable_status"]) == (["127.0.0.1"], ["no"], ["no"])


def test_browsers_are_told_where_this_machine_is_found() -> None:
    def told(**node: Any) -> dict[str, list[str]]:
        text = rendered(nodes={"node1": Node(**node)})["rtp.conf"]
        assert section(text, "general")["icesupport"] == ["yes"]
        return dict(sections(text)).get("ice_host_candidates", {})

    seen = told()  # every address there is but the loopback, which Asterisk never offers
    assert {address for found in seen.values() for address in found} == {"127.0.0.1"}
    assert not any(own.startswith("127.") for own in seen)
    assert told(sip_bind="192.0.2.10") == {}
    assert told(sip_bind="192.0.2.10", rtp_seen_as="203.0.113.10") == {own: ["203.0.113.10"] for own in seen}


def test_asterisk_is_named_for_its_node_and_lives_carefully() -> None:
    text = rendered(nodes={"east-2": Node(), "node1": Node(ami_port=1, sip_port=2, rtp_ports=(8, 9))})["asterisk.conf"]
    assert section(text, "options")["systemname"] == ["node1"]
    assert section(text, "options")["live_dangerously"] == ["no"]
    places = section(text, "directories")
    assert {value[0].split("/")[1] for key, value in places.items() if key != "astdatadir"} == {"srv"}


def test_a_node_lets_in_the_trunks_that_end_at_it() -> None:
    trunks = {name: SipTrunk(kind="sip", peers=[IPv4Network(peer)], nodes=nodes) for name, peer, nodes in (
        ("every", "192.0.2.0/28", None), ("here", "198.51.100.0/28", ["node1"]), ("there", "203.0.113.0/28", ["node2"]),
    )}  # fmt: skip
    nodes = {"node1": Node(), "node2": Node(ami_port=1, sip_port=2, rtp_ports=(8, 9))}
    text = rendered(trunks=trunks, nodes=nodes)["pjsip.conf"]
    assert ("192.0.2.0/28" in text, "198.51.100.0/28" in text, "203.0.113" in text) == (True, True, False)


def test_call_records_have_the_agreed_columns_and_unanswered_calls_have_one() -> None:
    files = rendered()
    cdr, cel = section(files["cdr_custom.conf"], "ccore.csv"), section(files["cel_custom.conf"], "ccore.csv")
    assert re.sub(r"\([^)]*\)", "", cdr["fields"][0]) == CDR.replace("node", '"node1"', 1)
    assert cel["fields"][0] == CEL.replace("node", '"node1"', 1).replace("cid_", "")
    assert cdr["quoting_method"] == cel["quoting_method"] == ["all"]
    general = section(files["cdr.conf"], "general")
    assert (general["unanswered"], general["congestion"], general["batch"]) == (["yes"], ["yes"], ["no"])


def test_how_keys_come_is_the_trunks_own() -> None:
    peers = [IPv4Network("192.0.2.1/32")]
    trunks = {"new": SipTrunk(kind="sip", peers=peers), "old": SipTrunk(kind="sip", peers=peers, dtmf="inband")}
    text = rendered(trunks=trunks)["pjsip.conf"]
    assert [section(text, f"trunk-{name}", "endpoint")["dtmf_mode"] for name in trunks] == [["rfc4733"], ["inband"]]


def test_a_trunk_is_known_by_its_addresses_only() -> None:
    peers = [IPv4Network("192.0.2.1/32"), IPv4Network("198.51.100.0/24")]
    files = rendered(trunks={"carrier": SipTrunk(kind="sip", peers=peers, channels=30, codecs=["alaw"], port=5080)})
    endpoint = section(files["pjsip.conf"], "trunk-carrier", "endpoint")
    assert section(files["pjsip.conf"], "global")["endpoint_identifier_order"] == ["username,auth_username,ip"]
    assert section(files["pjsip.conf"], "trunk-carrier", "identify")["match"] == ["192.0.2.1/32", "198.51.100.0/24"]
    assert section(files["acl.conf"], "trunk-carrier")["permit"] == ["192.0.2.1/32", "198.51.100.0/24"]
    assert section(files["pjsip.conf"], "trunk-carrier", "aor")["contact"] == ["sip:192.0.2.1:5080"]
    assert endpoint["acl"] == ["trunk-carrier"]
    assert endpoint["context"] == ["from-trunk"]
    assert endpoint["trust_id_inbound"] == ["no"]
    assert (endpoint["rtp_timeout"], endpoint["rtp_timeout_hold"], endpoint["timers"]) == (["30"], ["300"], ["yes"])
    assert endpoint["allow_transfer"] == ["no"]
    assert "auth" not in endpoint


def test_identity_is_taken_from_trusted_trunks() -> None:
    trunk = SipTrunk(kind="sip", peers=[IPv4Network("192.0.2.1/32")], trust_identity=True)
    assert section(rendered(trunks={"c": trunk})["pjsip.conf"], "trunk-c", "endpoint")["trust_id_inbound"] == ["yes"]


def test_a_trunk_may_have_the_name_of_a_section_of_asterisks() -> None:
    trunk = SipTrunk(kind="sip", peers=[IPv4Network("192.0.2.1/32")])
    files = rendered(trunks={"global": trunk, "manager": trunk, "transport-udp": trunk})
    assert [name for name, _ in sections(files["pjsip.conf"])].count("global") == 1
    assert section(files["acl.conf"], "manager")["permit"] == ["127.0.0.1/32"]


def test_e1_spans_are_numbered_through() -> None:
    trunks = {"a": E1Trunk(kind="e1", span=1), "b": E1Trunk(kind="e1", span=2, timing=0, signalling="pri_net")}
    files = rendered(trunks=trunks)
    assert section(files["chan_dahdi.conf"], "channels")["overlapdial"] == ["no"]
    assert section(files["chan_dahdi.conf"], "trunk-a")["dahdichan"] == ["1-15,17-31"]
    assert section(files["chan_dahdi.conf"], "trunk-b")["dahdichan"] == ["32-46,48-62"]
    assert section(files["chan_dahdi.conf"], "trunk-b")["signalling"] == ["pri_net"]
    spans = [line for line in files["system.conf"].splitlines() if line and not line.startswith("#")]
    assert spans[:3] == ["span = 1,1,0,ccs,hdb3,crc4", "bchan = 1-15,17-31", "dchan = 16"]
    assert spans[3:6] == ["span = 2,0,0,ccs,hdb3,crc4", "bchan = 32-46,48-62", "dchan = 47"]
    assert "chan_dahdi.so" in modules(files["modules.conf"])


def test_without_a_span_nothing_of_dahdi_is_there() -> None:
    files = rendered()
    assert not {"chan_dahdi.conf", "system.conf"} & files.keys()
    assert "chan_dahdi.so" not in modules(files["modules.conf"])


@pytest.mark.parametrize(("listens", "asked"), [("0.0.0.0", "127.0.0.1"), ("192.0.2.7", "192.0.2.7")])
def test_dialplan_asks_ccore_where_it_listens(listens: str, asked: str) -> None:
    text = rendered(agi=Agi(host=IPv4Address(listens), port=4573))["extensions.conf"]
    assert section(text, "globals") == {
        "CCORE_AGI": [f"agi://{asked}:4573"],
        "CCORE_AGI_STANDBY": [""],
        "CCORE_AUTO_ANSWERED": ["||"],
        "CCORE_ALWAYS_RECORDED": ["||"],
    }
    assert '#include "extensions.d/*.conf"' in lines(text)


def test_a_standby_is_asked_by_the_dialplan_and_let_in_by_the_manager() -> None:
    files = rendered(agi=Agi(standby="192.0.2.8:14573"))
    assert section(files["extensions.conf"], "globals")["CCORE_AGI_STANDBY"] == ["agi://192.0.2.8:14573"]
    assert section(files["acl.conf"], "manager")["permit"] == ["127.0.0.1/32", "192.0.2.8/32"]


def test_an_external_node_differs_in_addresses_only() -> None:
    external = Node(
        kind="external",
        host=IPv4Address("192.0.2.5"),
        agi_url_host=IPv4Address("192.0.2.9"),
        log_dir=Path("log"),
        spool_dir=Path("spool"),
    )
    here, there = rendered(), rendered(nodes={"node1": external})
    changed = {path for path in here if here[path] != there[path]}
    assert changed == {"acl.conf", "extensions.conf", "http.conf", "manager.conf"}
    assert here.keys() == there.keys()
    assert section(there["manager.conf"], "general")["bindaddr"] == ["192.0.2.5"]
    assert section(there["acl.conf"], "manager")["permit"] == ["127.0.0.1/32", "192.0.2.9/32"]
    assert section(there["extensions.conf"], "globals")["CCORE_AGI"] == ["agi://192.0.2.9:14573"]


HOSTILE = [
    "127.0.0.1\\nlive_dangerously = yes",
    "127.0.0.1\\r[general]",
    "127.0.0.1 ; x",
    "127.0.0.1,System(id)",
    "${SHELL(id)}",
    "",
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "toml",
    [
        '[nodes.node1]\nhost = "{}"',
        '[nodes.node1]\nsip_bind = "{}"',
        '[nodes.node1]\nkind = "external"\nlog_dir = "l"\nspool_dir = "s"\nagi_url_host = "{}"',
        '[agi]\nhost = "{}"',
        '[trunks.local]\nkind = "sip"\npeers = ["{}"]',
        '[trunks.local]\nkind = "sip"\npeers = ["192.0.2.1/32"]\ncodecs = ["{}"]',
        '[trunks.local]\nkind = "e1"\nspan = 1\nswitchtype = "{}"',
        '[trunks."{}"]\nkind = "e1"\nspan = 1',
        '[nodes."{}"]',
    ],
)
def test_the_configuration_refuses_values_that_are_more_than_one(tmp_path: Path, toml: str, value: str) -> None:
    file = tmp_path / "ccore.toml"
    file.write_text(toml.format(value), encoding="utf-8")
    with pytest.raises(FaultsFound):
        load(file)


@pytest.mark.parametrize("value", ["x\ny = z", "x\r", "a;b", 'a"b', "[x]", "a\\b", "a\0b", "a\u2028b"])
def test_rendering_refuses_what_slipped_through(value: str) -> None:
    node = Node.model_construct(**{**Node().model_dump(), "sip_bind": value})
    with pytest.raises(NotOneValue):
        render(Config.model_construct(**{**vars(Config()), "nodes": {"node1": node}}), "node1", SECRETS)


@pytest.mark.parametrize(
    "secret", ["line\nbreak-secret-1", "semi;colon-secret-1", 'quoted"secret-1234', "sp ace-secret-1234"]
)
def test_secrets_that_asterisks_files_cannot_hold_are_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        Secrets(ami_events_secret=secret, ami_actions_secret="actions-secret-5678")


def test_conferences_and_parking_speak_no_prompt_of_asterisks_own_and_end() -> None:
    files = rendered()
    assert {"app_confbridge.so", "bridge_softmix.so", "res_parking.so", "bridge_holding.so"} <= set(
        modules(files["modules.conf"])
    )
    user = section(files["confbridge.conf"], "default_user")
    assert (user["quiet"], user["announce_only_user"]) == (["yes"], ["no"])
    lot = section(files["res_parking.conf"], "default")
    assert lot["comebacktoorigin"] == ["no"]
    assert 0 < int(lot["parkingtime"][0]) <= 300
