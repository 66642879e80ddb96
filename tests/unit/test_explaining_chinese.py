"""Every sentence of an explanation has its Chinese, with its figures in it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ccore.dialer.explanation import campaigns
from ccore.dialer.explanation.chinese import in_chinese
from tests.unit.test_explaining import CENTRE, GATES, NOTES, WELL


def _said() -> Iterator[str]:
    cases: list[tuple[Any, ...]] = [*GATES.values(), *NOTES.values()]
    for changed, *_ in cases:
        for lately in (0, 240):
            facts = replace(WELL, dialled=lately, **changed)
            yield from (each.text for each in campaigns.explained(CENTRE, facts))


@pytest.mark.parametrize("text", sorted(set(_said())))
def test_a_campaigns_sentences_are_said_in_chinese(text: str) -> None:
    chinese = in_chinese(text)
    assert chinese is not None
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    for figure in re.findall(r"\b\d+\.\d+\b|\b\d\d:\d\d\b", text):
        assert figure in chinese


NUMBER = {
    "no campaign may call it, says boss since 09:30: tired": "任何活动都不得拨打：boss 于 09:30 设为免打扰：tired",
    "no campaign may call every number that begins with +8610, says a since 2026-11-01 09:30": (
        "任何活动都不得拨打以 +8610 开头的号码：a 于 2026-11-01 09:30 设为免打扰"
    ),
    "10:00 spring: under way at node1, ringing by trunk far, agent 1001": (
        "10:00 spring：正在节点 node1 呼叫，振铃，线路 far，坐席 1001"
    ),
    "09:30 spring: no-answer by trunk far (19)": "09:30 spring：无人接听，线路 far，原因 19",
    "list spring: open, 2 attempts, last busy; Asia/Shanghai, where it is 10:00": (
        "名单 spring：待拨，已拨 2 次，上次用户忙；Asia/Shanghai 当地时间 10:00"
    ),
    "campaign spring does not call them (they are not to be called; they had 6 of 6 attempts)": (
        "活动 spring 不会拨打：免打扰；已拨 6 次，上限 6 次"
    ),
    "campaign spring can call them at 12:00 at the earliest (it is not due sooner), and it is stopped": (
        "活动 spring 最早 12:00 拨打：还没到时间，但活动已停止"
    ),
    "list spring: open, 1 attempt, last busy, agent 1001 looks at them; Asia/Shanghai, where it is 10:00": (
        "名单 spring：待拨，已拨 1 次，上次用户忙，正在预览的坐席 1001；Asia/Shanghai 当地时间 10:00"
    ),
    "list old (number 2 of 3 of this contact): done, 0 attempts, result agreed; by the site's own clock, 10:00": (
        "名单 old，号码 2/3：已完成，已拨 0 次，结果 agreed；按本站时间 10:00"
    ),
    "campaign plans can call them at 11:00 at the earliest (2 of 2 attempts in 24 h)": (
        "活动 plans 最早 11:00 拨打：24 小时内已拨 2 次，上限 2 次"
    ),
    "2026-11-22 11:00 other: busy by trunk far (BUSY)": "2026-11-22 11:00 other：用户忙，线路 far，原因 BUSY",
    "they have consented to plans, since 2026-11-22 10:00": "客户自 2026-11-22 10:00 起授权用途 plans",
    "a sentence of tomorrow": None,
}


@pytest.mark.parametrize(("text", "chinese"), NUMBER.items())
def test_a_numbers_sentences_too(text: str, chinese: str | None) -> None:
    assert in_chinese(text) == chinese
