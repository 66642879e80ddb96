"""Decides when an alarm is raised and when it is over: a figure that trembles around its limit is told once."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccore.centre.alerts import LOW_IS_BAD, Alarm


class Change(enum.StrEnum):
    """What is to be told."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Watch:
    """One figure under watch: whether its alarm is raised, and since when the figure asks for the opposite."""

    raised: bool = False
    since: datetime | None = None


def judge(watch: Watch, alarm: Alarm, value: float | None, now: datetime) -> tuple[Watch, Change | None]:
    """The watch after the figure was ``value`` at ``now``; None: there is too little to say, which is not bad.

    A clock that was set back begins the time anew: an alarm comes later then, never sooner.
    """
    contrary = _good(alarm, value) if watch.raised else _bad(alarm, value)
    if not contrary:
        return replace(watch, since=None), None
    since = now if watch.since is None or watch.since > now else watch.since
    needed = alarm.clear_after_s if watch.raised else alarm.raise_after_s
    if now - since < timedelta(seconds=needed):
        return replace(watch, since=since), None
    return Watch(not watch.raised), Change.CLEARED if watch.raised else Change.RAISED


def _bad(alarm: Alarm, value: float | None) -> bool:
    if value is None:
        return False
    return value < alarm.raise_at if alarm.measure in LOW_IS_BAD else value > alarm.raise_at


def _good(alarm: Alarm, value: float | None) -> bool:
    if value is None:
        return True
    return value >= alarm.clear_at if alarm.measure in LOW_IS_BAD else value <= alarm.clear_at


_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "service-level": "{queue} 服务水平 {value}%，低于 {limit}%",
        "longest-wait": "{queue} 最长等待 {value} 秒，超过 {limit} 秒",
        "waiting": "{queue} 排队 {value} 人，超过 {limit} 人",
        "abandonment": "{queue} 放弃率 {value}%，超过 {limit}%",
        "ready-agents": "空闲坐席 {value} 人，少于 {limit} 人",
        "pause": "坐席 {queue} 示忙超时 {value} 秒",
        "warnings": "系统告警 {value} 条",
    },
    "en": {
        "service-level": "{queue}: service level {value} %, below {limit} %",
        "longest-wait": "{queue}: a caller has waited {value} s, more than {limit} s",
        "waiting": "{queue}: {value} callers wait, more than {limit}",
        "abandonment": "{queue}: {value} % of callers give up, more than {limit} %",
        "ready-agents": "{value} agents are ready, fewer than {limit}",
        "pause": "agent {queue} is paused {value} s longer than agreed",
        "warnings": "ccore warns of {value} things",
    },
}


def said(alarm: Alarm, language: str, subject: str, value: float, site: str) -> str:
    """The alarm as text, in the operator's words if there are any."""
    text = dict(alarm.text).get("zh" if language == "zh" else "en") or _WORDS[language][alarm.measure]
    told = {"queue": subject, "value": f"{value:.0f}", "limit": f"{alarm.raise_at:.0f}", "site": site}
    for name, word in told.items():
        text = text.replace(f"{{{name}}}", word)
    return text
