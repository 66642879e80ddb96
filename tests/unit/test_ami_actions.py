"""The verbs ccore may say, and how long it waits before it tries Asterisk again."""

from dataclasses import fields, replace
from typing import Any, get_args

import pytest

from ccore.ami import wire
from ccore.ami.actions import (
    Action,
    Atxfer,
    BlindTransfer,
    Bridge,
    BridgeList,
    CancelAtxfer,
    CoreSettings,
    CoreShowChannels,
    CoreStatus,
    DeviceStateList,
    Getvar,
    Hangup,
    Login,
    MixMonitorMute,
    Originate,
    Ping,
    PJSIPQualify,
    PlayDTMF,
    QueueAdd,
    QueueChangePriorityCaller,
    QueuePause,
    QueuePenalty,
    QueueRemove,
    QueueStatus,
    Redirect,
    Setvar,
    StopMixMonitor,
    headers,
)
from ccore.ami.link import wait_s
from ccore.ami.session import Reason


def test_each_verb_says_its_own_headers_and_no_more() -> None:
    said = [
        headers(action)
        for action in (
            Login("ccore-events", "s", "on"),
            Ping(),
            CoreStatus(),
            CoreShowChannels(),
            QueueStatus(),
            QueueStatus("sales"),
            QueueAdd("sales", "PJSIP/1", member_name="坐席1", penalty=0, paused=False),
            QueueRemove("sales", "PJSIP/1"),
            QueuePause("PJSIP/1", paused=True, reason="吃饭"),
            QueuePenalty("PJSIP/1", 5),
            QueuePenalty("PJSIP/1", 0, queue="sales"),
            StopMixMonitor("PJSIP/1-00000001"),
            StopMixMonitor("PJSIP/1-00000001", "0x7f"),
            Getvar("node1-1.1", "CCORE_RECORDING"),
            Setvar("node1-1.1", "CCORE_RECORDING", ""),
            Hangup("PJSIP/1-00000001"),
            Redirect("PJSIP/1-00000001", "queue", "s"),
            Redirect("PJSIP/1-00000001", "queue", "s", 1, "PJSIP/2-00000002", "desk", "three-way", 2),
            QueueChangePriorityCaller("sales", "PJSIP/1-00000001", 12),
            MixMonitorMute("PJSIP/1-00000001", state=True, mixmonitor_id="0x7f"),
            PJSIPQualify("phone-2001"),
            PlayDTMF("PJSIP/1-00000001", "#"),
            BlindTransfer("PJSIP/1-00000001", "queue", "s"),
            Atxfer("PJSIP/1-00000001", "2001", "from-phones"),
            CancelAtxfer("PJSIP/1-00000001"),
            Bridge("PJSIP/1-00000001", "PJSIP/2-00000002"),
        )
    ]
    assert said == [
        [("Action", "Login"), ("Username", "ccore-events"), ("Secret", "s"), ("Events", "on")],
        [("Action", "Ping")],
        [("Action", "CoreStatus")],
        [("Action", "CoreShowChannels")],
        [("Action", "QueueStatus")],
        [("Action", "QueueStatus"), ("Queue", "sales")],
        [
            *(("Action", "QueueAdd"), ("Queue", "sales"), ("Interface", "PJSIP/1"), ("MemberName", "坐席1")),
            *(("Penalty", "0"), ("Paused", "false")),
        ],
        [("Action", "QueueRemove"), ("Queue", "sales"), ("Interface", "PJSIP/1")],
        [("Action", "QueuePause"), ("Interface", "PJSIP/1"), ("Paused", "true"), ("Reason", "吃饭")],
        [("Action", "QueuePenalty"), ("Interface", "PJSIP/1"), ("Penalty", "5")],
        [("Action", "QueuePenalty"), ("Interface", "PJSIP/1"), ("Penalty", "0"), ("Queue", "sales")],
        [("Action", "StopMixMonitor"), ("Channel", "PJSIP/1-00000001")],
        [("Action", "StopMixMonitor"), ("Channel", "PJSIP/1-00000001"), ("MixMonitorID", "0x7f")],
        [("Action", "Getvar"), ("Channel", "node1-1.1"), ("Variable", "CCORE_RECORDING")],
        [("Action", "Setvar"), ("Channel", "node1-1.1"), ("Variable", "CCORE_RECORDING"), ("Value", "")],
        [("Action", "Hangup"), ("Channel", "PJSIP/1-00000001"), ("Cause", "16")],
        [
            *(("Action", "Redirect"), ("Channel", "PJSIP/1-00000001"), ("Context", "queue"), ("Exten", "s")),
            ("Priority", "1"),
        ],
        [
            *(("Action", "Redirect"), ("Channel", "PJSIP/1-00000001"), ("Context", "queue"), ("Exten", "s")),
            *(("Priority", "1"), ("ExtraChannel", "PJSIP/2-00000002"), ("ExtraContext", "desk")),
            *(("ExtraExten", "three-way"), ("ExtraPriority", "2")),
        ],
        [
            *(("Action", "QueueChangePriorityCaller"), ("Queue", "sales"), ("Caller", "PJSIP/1-00000001")),
            *(("Priority", "12"), ("Immediate", "true")),
        ],
        [
            *(("Action", "MixMonitorMute"), ("Channel", "PJSIP/1-00000001"), ("State", "true")),
            *(("Direction", "both"), ("MixMonitorID", "0x7f")),
        ],
        [("Action", "PJSIPQualify"), ("Endpoint", "phone-2001")],
        [
            *(("Action", "PlayDTMF"), ("Channel", "PJSIP/1-00000001"), ("Digit", "#"), ("Duration", "160")),
            ("Receive", "false"),
        ],
        [("Action", "BlindTransfer"), ("Channel", "PJSIP/1-00000001"), ("Context", "queue"), ("Exten", "s")],
        [("Action", "Atxfer"), ("Channel", "PJSIP/1-00000001"), ("Exten", "2001"), ("Context", "from-phones")],
        [("Action", "CancelAtxfer"), ("Channel", "PJSIP/1-00000001")],
        [
            *(("Action", "Bridge"), ("Channel1", "PJSIP/1-00000001"), ("Channel2", "PJSIP/2-00000002")),
            ("Tone", "no"),
        ],
    ]


def originate(channel_id: str = "cc-7-1-1", variable: tuple[tuple[str, str], ...] = ()) -> Originate:
    return Originate("Local/7@out", channel_id, "campaign", "s", variable=variable)


VERBS: list[Action] = [
    Login("ccore-events", "s"),
    Ping(),
    CoreStatus(),
    CoreSettings(),
    CoreShowChannels(),
    BridgeList(),
    DeviceStateList(),
    QueueStatus("sales"),
    QueueAdd("sales", "PJSIP/1", "坐席1", "PJSIP/1"),
    QueueRemove("sales", "PJSIP/1"),
    QueuePause("PJSIP/1", paused=True, queue="sales", reason="吃饭"),
    QueuePenalty("PJSIP/1", 5, queue="sales"),
    StopMixMonitor("PJSIP/1-00000001", "0x7f"),
    Getvar("PJSIP/1-00000001", "MIXMONITOR(0x7f,filename)"),
    Setvar("PJSIP/1-00000001", "CCORE_RECORDING", "1"),
    replace(originate(), other_channel_id="cc-7-1-2", caller_id="10086", account="x"),
    Hangup("PJSIP/1-00000001"),
    Redirect("PJSIP/1-00000001", "queue", "s", 1, "PJSIP/2-00000002", "queue", "s", 1),
    QueueChangePriorityCaller("sales", "PJSIP/1-00000001", 12),
    MixMonitorMute("PJSIP/1-00000001", state=True, mixmonitor_id="0x7f"),
    PJSIPQualify("phone-2001"),
    PlayDTMF("PJSIP/1-00000001", "5"),
    BlindTransfer("PJSIP/1-00000001", "queue", "s"),
    Atxfer("PJSIP/1-00000001", "2001", "from-phones"),
    CancelAtxfer("PJSIP/1-00000001"),
    Bridge("PJSIP/1-00000001", "PJSIP/2-00000002"),
]
TEXTS = [(verb, each.name) for verb in VERBS for each in fields(verb) if isinstance(getattr(verb, each.name), str)]


@pytest.mark.parametrize(
    "poison", ["a\r\n\r\nAction: Command\r\nCommand: core stop now", "a\nb", "a\rb", "a\0b", "x" * 1001]
)
@pytest.mark.parametrize(("verb", "field"), TEXTS, ids=[f"{type(verb).__name__}.{field}" for verb, field in TEXTS])
def test_rows_79_80_no_text_of_any_verb_can_hold_a_line_or_be_too_long(verb: Action, field: str, poison: str) -> None:
    with pytest.raises(
        ValueError,
        match=r"control character|bytes long|channel id|plain variable|no place|no key|no endpoint|is none of",
    ):
        wire.render(headers(with_text(verb, field, poison)))


@pytest.mark.parametrize("poison", ["1\r\nApplication: System", "1\0", "1" * 1001])
def test_rows_79_80_nor_can_a_variable(poison: str) -> None:
    with pytest.raises(wire.Unsendable, match="Variable"):
        wire.render(headers(originate(variable=(("A", poison),))))


def test_every_verb_is_among_those_tried() -> None:
    assert {type(verb) for verb in VERBS} == set(get_args(Action))


def with_text(verb: Action, field: str, text: str) -> Action:
    changes: dict[str, Any] = {field: text}
    return replace(verb, **changes)


def test_originate_is_always_async_and_names_its_channel() -> None:
    assert headers(originate(variable=(("ATTEMPT", "7"), ("__LANG", "zh")))) == [
        ("Action", "Originate"),
        ("Channel", "Local/7@out"),
        ("ChannelId", "cc-7-1-1"),
        ("Context", "campaign"),
        ("Exten", "s"),
        ("Priority", "1"),
        ("Timeout", "30000"),
        ("Variable", "ATTEMPT=7"),
        ("Variable", "__LANG=zh"),
        ("Async", "true"),
    ]
    assert "async_" not in [each.name for each in fields(Originate) if each.init]


@pytest.mark.parametrize("channel_id", ["", "a b", "客户", "x" * 150, "a,b", "a\r\nb"])
def test_originate_needs_a_channel_id_asterisk_can_hold(channel_id: str) -> None:
    with pytest.raises(ValueError, match="channel id"):
        originate(channel_id)


@pytest.mark.parametrize(
    "variable",
    [
        ("FILE(/tmp/x)", "1"),
        ("CALLERID(num)", "1"),
        ("", "1"),
        ("A", "1,FILE(/tmp/x)=2"),
        ("A", 'say "x"'),
        ("A", "\\"),
    ],
)
def test_s5_originate_cannot_name_a_dialplan_function_as_a_variable(variable: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="variable"):
        originate(variable=(variable,))


def test_originate_has_no_application_to_run() -> None:
    assert not {"application", "data"} & {each.name for each in fields(Originate)}


def test_hangup_takes_no_regular_expression() -> None:
    with pytest.raises(ValueError, match="/"):
        Hangup("/.*/")


def test_a_login_hides_its_secret() -> None:
    assert "hunter2" not in repr(Login("ccore-events", "hunter2"))


def test_there_is_no_pass_through() -> None:
    with pytest.raises(TypeError):
        headers({"Action": "Command", "Command": "core stop now"})  # type: ignore[arg-type]


def waits(reason: Reason) -> list[float]:
    return [wait_s(reason, failures, jitter=1.0) for failures in range(1, 12)]


def test_an_asterisk_that_is_away_is_looked_for_every_two_seconds() -> None:
    assert waits(Reason.UNREACHABLE) == [0.25, 0.5, 1, *[2.0] * 8]


def test_l10_faults_back_off_to_30_seconds_and_a_refused_login_starts_slower() -> None:
    assert waits(Reason.OVERFLOW) == [0.25, 0.5, 1, 2, 4, 8, 16, *[30.0] * 4]
    assert waits(Reason.LOGIN_REFUSED) == [5, 10, 20, *[30.0] * 8]


def test_waits_are_spread_by_a_quarter_and_never_overflow() -> None:
    assert [wait_s(Reason.CLOSED, 3, jitter) for jitter in (0.0, 0.5, 1.0)] == [0.75, 0.875, 1.0]
    assert wait_s(Reason.OVERFLOW, 10**9, 1.0) == 30.0


@pytest.mark.parametrize("name", ["FILE(/etc/passwd)", "SHELL(id)", "MIXMONITOR(x),filename)", "A,B", "", "X y"])
def test_no_function_of_the_dialplan_is_read_or_written_as_a_variable(name: str) -> None:
    with pytest.raises(ValueError, match="plain variable"):
        Getvar("PJSIP/1-00000001", name)
    with pytest.raises(ValueError, match="plain variable"):
        Setvar("PJSIP/1-00000001", name, "1")


def test_no_global_variable_is_set() -> None:
    with pytest.raises(ValueError, match="global"):
        Setvar("", "CCORE_AGI", "agi://127.0.0.1:1")


@pytest.mark.parametrize(
    ("context", "exten", "priority"),
    [("", "s", 1), ("queue", "", 1), ("queue", "s", 0), ("queue", "${SHELL(id)}", 1), ("queue,s", "1", 1)],
)
def test_nothing_but_a_place_of_the_dialplan_is_gone_to(context: str, exten: str, priority: int) -> None:
    with pytest.raises(ValueError, match="no place"):
        Redirect("PJSIP/1-00000001", context, exten, priority)


def test_an_extra_channel_and_its_place_go_together() -> None:
    with pytest.raises(ValueError, match="extra channel"):
        Redirect("PJSIP/1-00000001", "queue", "s", extra_channel="PJSIP/2-00000002")
    with pytest.raises(ValueError, match="extra channel"):
        Redirect("PJSIP/1-00000001", "queue", "s", extra_context="queue", extra_exten="s", extra_priority=1)


@pytest.mark.parametrize("digit", ["", "55", "x", "W"])
def test_one_key_is_pressed_at_a_time(digit: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        PlayDTMF("PJSIP/1-00000001", digit)


@pytest.mark.parametrize("channel", ["", "/.*/"])
def test_a_verb_of_calls_has_a_channel_and_no_regular_expression(channel: str) -> None:
    for verb in (CancelAtxfer, lambda name: MixMonitorMute(name, state=True), lambda name: Bridge(name, name)):
        with pytest.raises(ValueError, match="channel has a name"):
            verb(channel)
