"""The sentences of explanations in Chinese, by how they are said in English: pure. A test holds that none is missing.

Names, times and what people gave as their reason stand in both as they are.
"""

import re
from collections.abc import Mapping
from functools import partial

_WORDS: Mapping[str, str] = {
    # States of agents, of attempts and of contacts, and outcomes.
    "ready": "空闲", "ringing": "振铃", "talking": "通话", "wrap-up": "小结", "paused": "置忙",
    "unreachable": "话机离线", "signed-out": "未签入", "offline": "未签入", "claimed": "准备呼叫", "dialling": "拨号中",
    "answered": "已接听", "connected": "通话中", "open": "待拨", "done": "已完成", "removed": "已移除",
    "talked": "已通话", "abandoned": "接通无坐席", "hung-up": "客户挂断", "no-answer": "无人接听", "busy": "用户忙",
    "invalid": "空号", "fax": "传真", "machine": "录音留言", "congestion": "网络拥塞",
    "cancelled": "主动取消", "refused": "未放行", "not-sent": "未呼出", "lost": "结果不明",
    "stopped": "已停止", "draining": "收尾中", "running": "运行中",
    # Why the gate refuses.
    "no-trunk": "没有可用线路", "do-not-call": "免打扰", "per-day": "当日次数已满", "attempts": "次数已满",
    "hours": "不在拨打时段", "no-consent": "未授权", "quota": "配额已满", "under-way": "正在呼叫", "late": "等待过久",
    "for no reason": "未说明原因", "had all their attempts": "次数已用完", "are not to be called": "免打扰",
    "came to a result": "已有结果",
}  # fmt: skip
# A group is put in place of {0}, {1} …: as it is, or {0!s} as its own words are in Chinese.
_SENTENCES: Mapping[str, str] = {
    # What a campaign does.
    r"it dials: (\d+) numbers? in the last 10 minutes": "正在外呼：最近 10 分钟拨打了 {0} 个号码",
    r"it dials: (\d+) numbers? in the last 10 minutes; at this moment it waits":
        "正在外呼：最近 10 分钟拨打了 {0} 个号码，此刻在等待",
    r"nothing keeps it from dialling; it has dialled nobody in the last 10 minutes":
        "没有什么阻止外呼；最近 10 分钟还没有拨打",
    # People, its file, its lists.
    r"nobody has started it: ccore campaigns start NAME": "还没有启动：请点“启动”",
    r"(.+?) has stopped it on (\S+ \S+?)(?:: (.+))?": "{0} 于 {1} 停止了活动{2:：}",
    r"(.+?) lets no new calls begin since (\S+ \S+?)(?:: (.+))?": "{0} 自 {1} 起收尾，不再呼出新电话{2:：}",
    r"its file names no trunk of outgoing\.toml": "活动没有配置外呼线路（outgoing.toml）",
    r"it has ended on (.+)": "活动已于 {0} 结束",
    r"it begins on (.+)": "活动从 {0} 开始",
    r"there is no list (\S+): ccore lists upload": "名单 {0} 还不存在：请先导入",
    r"all contacts of its lists are done": "名单中的客户都已完成",
    r"nobody is due before (.+)": "{0} 之前没有到时的客户",
    r"of those who are done: (.+)": "已完成的客户中：{0!s}",
    # Hours and limits.
    r"the hours (\S+) are closed where contacts are \((.+)\): opens at (.+)":
        "客户所在地（{1}）现在不在拨打时段 {0} 内：{2} 开始",
    r"the hours (\S+) are closed where contacts are \((.+)\): does not open within 14 days":
        "客户所在地（{1}）不在拨打时段 {0} 内，14 天内不会开放",
    r"the hours (\S+) are over, or not yet there, where its contacts are \((.+)\)":
        "客户所在地（{1}）现在不在拨打时段 {0} 内",
    r"of (\d+) contacts that are next, (\d+) are not to be called \(do-not-call\)":
        "接下来的 {0} 个客户中，{1} 个在免打扰名单",
    r"of (\d+) contacts that are next, (\d+) had all (\d+) attempts": "接下来的 {0} 个客户中，{1} 个已拨满 {2} 次",
    r"of (\d+) contacts that are next, (\d+) are not to be called before a time their list names":
        "接下来的 {0} 个客户中，{1} 个未到名单指定的时间",
    r"of (\d+) contacts that are next, (\d+) are being called at this moment":
        "接下来的 {0} 个客户中，{1} 个此刻正在呼叫",
    r"of (\d+) contacts that are next, (\d+) were called (\d+) times in 24 h, by all campaigns together":
        "接下来的 {0} 个客户中，{1} 个在 24 小时内已被各活动合计拨打 {2} 次",
    r"of (\d+) contacts that are next, (\d+) were abandoned less than (\S+) h ago":
        "接下来的 {0} 个客户中，{1} 个在 {2} 小时内接通过但没有坐席接听",
    r"of (\d+) contacts that are next, (\d+) have not consented to (.+)":
        "接下来的 {0} 个客户中，{1} 个没有授权用途 {2}",
    r"of (\d+) contacts that are next, (\d+) belong to a quota that is full":
        "接下来的 {0} 个客户中，{1} 个所属配额已满",
    r"of (\d+) contacts that are next, (\d+) belong to one agent, who calls them in mode preview":
        "接下来的 {0} 个客户中，{1} 个有专属坐席，只在预览外呼中拨打",
    r"of (\d+) contacts that are next, (\d+) are not due yet": "接下来的 {0} 个客户中，{1} 个还没到拨打时间",
    r"quota (\S+) = (.+): (\d+) of (\d+) ended (.+), it is full": "配额 {0} = {1} 已满：{3} 个中有 {2} 个结果为 {4}",
    # Trunks.
    r"trunk (\S+) ends at no node, or is not in outgoing\.toml": "线路 {0} 没有接到任何节点，或不在 outgoing.toml 中",
    r"trunk (\S+) does not end at (\S+)": "线路 {0} 没有接到节点 {1}",
    r"trunk (\S+) is shut by (.+?)(?:: (.+))?": "线路 {0} 已被 {1} 关闭{2:：}",
    r"trunk (\S+) at (\S+) rests until ((?:\S+ )?\d\d:\d\d)(?:: (.+))?": "节点 {1} 的线路 {0} 暂停使用，到 {2}{3:：}",
    r"trunk (\S+) at (\S+) is full: campaigns use (\d+) of the (\d+) channels they may":
        "节点 {1} 的线路 {0} 已满：外呼占用 {2} 路，上限 {3} 路",
    r"trunk (\S+) at (\S+): (\d+) of (\d+) channels are in use, (\d+) are kept for callers":
        "节点 {1} 的线路 {0}：{3} 路中已用 {2} 路，{4} 路留给呼入",
    r"trunk (\S+) has cost (\S+) yuan today, of (\S+) yuan": "线路 {0} 今日话费 {1} 元，上限 {2} 元",
    r"trunk (\S+) has cost (\S+) yuan this month, of (\S+) yuan": "线路 {0} 本月话费 {1} 元，上限 {2} 元",
    r"trunk (\S+) at (\S+) begins (\S+) calls a second at most": "节点 {1} 的线路 {0} 每秒最多呼出 {2} 个",
    # Agents.
    r"no agent of queue (\S+) is signed in": "队列 {0} 没有坐席签入",
    r"none of the (\d+) agents? of queue (\S+) takes calls: (.+)": "队列 {1} 的 {0} 名坐席都不能接话：{2!s}",
    r"the (\d+) free agents? of queue (\S+) are kept for callers \(keep_for_inbound\)":
        "队列 {1} 的 {0} 名空闲坐席留给呼入（keep_for_inbound）",
    r"the (\d+) free agents? of queue (\S+) work for other campaigns now": "队列 {1} 的 {0} 名空闲坐席正为其他活动工作",
    r"agents of queue (\S+): (.+)": "队列 {0} 的坐席：{1!s}",
    r"(\d+) free agents? kept for callers": "{0} 名空闲坐席留给呼入",
    # The ccore that dials, and its pace.
    r"mode preview: an agent who asks for a contact calls them, nobody else does":
        "预览外呼：由坐席领取客户后自己拨打，系统不自动拨打",
    r"no ccore dials on this database: none runs, or none has begun yet": "没有 ccore 在执行外呼：没有运行，或刚刚启动",
    r"(\S+), which dialled, is away, and no other ccore has taken over yet":
        "负责外呼的 {0} 已失联，还没有其他 ccore 接管",
    r"(\S+) dials, and has decided nothing for this campaign lately: its /health says more":
        "{0} 负责外呼，但最近没有处理此活动：请查看它的 /health",
    r"(\S+) dials for all campaigns": "由 {0} 负责全部外呼",
    r"(\S+): there is no link to its Asterisk": "节点 {0}：与 Asterisk 的连接已断开",
    r"(\S+): no event of Asterisk came for 5 s: nobody is called ahead of free agents":
        "节点 {0}：5 秒没有收到 Asterisk 事件，暂不超前呼叫",
    r"(\S+): no channel is free, (\d+) calls? under way": "节点 {0}：没有空闲通道，{1} 个呼叫进行中",
    r"(\S+): no channel is free, (\d+) calls? under way \(most_channels is (\d+)\)":
        "节点 {0}：没有空闲通道，{1} 个呼叫进行中（most_channels 为 {2}）",
    r"(\S+): (\d+) contacts? wanted, none found who is due and may be called":
        "节点 {0}：需要 {1} 个客户，没有到时且可拨打的",
    r"(\S+): (\d+) calls? begun at the last look": "节点 {0}：最近一次呼出 {1} 个",
    r"(\S+): (\d+) agents?, fewer than the (\d+) of least_agents: nobody is called ahead":
        "节点 {0}：{1} 名坐席，少于 least_agents 的 {2} 名，不超前呼叫",
    r"(\S+) waits: no agent works for it there": "节点 {0} 等待：没有坐席为此活动工作",
    r"(\S+) waits: one call for each free agent: (\d+) free, (\d+) in a call or its wrap-up, (\d+) calls? under way, "
    r"(\d+) answered and waiting":
        "节点 {0} 等待：每名空闲坐席一个呼叫：空闲 {1}，通话或小结 {2}，呼叫进行中 {3}，接听待转 {4}",
    r"(\S+) waits: (\S+) calls for each free agent: (\d+) free, (\d+) calls? under way":
        "节点 {0} 等待：每名空闲坐席 {1} 个呼叫：空闲 {2}，呼叫进行中 {3}",
    r"(\S+) waits: (\S+) agents will be free within 5 s \((\d+) are now\), (\S+) of (\d+) calls? under way will be "
    r"answered; one more would meet no agent with a chance above (\S+)":
        "节点 {0} 等待：5 秒内预计空闲 {1} 名坐席（现有 {2} 名），进行中的 {4} 个呼叫预计接通 {3} 个；"
        "再拨一个而无坐席接听的概率将超过 {5}",
    r"(\S+) waits: (\d+) of (\d+) who answered were abandoned, (\S+) of (\S+) % allowed \((\S+) calls are left\): one "
    r"call for each free agent, and all have one":
        "节点 {0} 等待：接通 {2} 个中 {1} 个无坐席接听，为 {3}，上限 {4}%（余额 {5} 个）："
        "改为每名空闲坐席一个呼叫，现都已有",
    r"(\S+) waits: (\d+) calls? under way for (\d+) agents, (\S+) for each at most":
        "节点 {0} 等待：{2} 名坐席有 {1} 个呼叫进行中，每名最多 {3} 个",
    r"(\S+) waits: (\S+) calls a second at most": "节点 {0} 等待：每秒最多呼出 {1} 个",
    r"(\S+) waits: it is not sure yet whom it may call: what is under way, or who is due, is being looked at":
        "节点 {0} 等待：正在核对进行中的呼叫和到时的客户",
    r"refused just before they were dialled, in the last 10 minutes: (.+)": "最近 10 分钟拨出前被拦下：{0!s}",
    # One number.
    r"no campaign may call it, says (.+?) since ((?:\S+ )?\d\d:\d\d)(?:: (.+))?":
        "任何活动都不得拨打：{0} 于 {1} 设为免打扰{2:：}",
    r"no campaign may call every number that begins with (\S+), says (.+?) since ((?:\S+ )?\d\d:\d\d)(?:: (.+))?":
        "任何活动都不得拨打以 {0} 开头的号码：{1} 于 {2} 设为免打扰{3:：}",
    r"(\S+) is in no list": "{0} 不在任何名单中",
    r"they have consented to (.+), since (.+)": "客户自 {1} 起授权用途 {0}",
    r"no campaign calls the list (\S+)": "没有活动拨打名单 {0}",
    r"(\d+) attempts? in the last 24 h, by all campaigns together": "最近 24 小时各活动合计拨打 {0} 次",
    r"((?:\S+ )?\d\d:\d\d) (\S+): under way at (\S*), ([\w-]+)(?: by trunk (\S+?))?(?:, agent (\d+))?":
        "{0} {1}：正在节点 {2} 呼叫，{3!s}{4:，线路 }{5:，坐席 }",
    r"((?:\S+ )?\d\d:\d\d) (\S+): ([a-z-]+)(?: by trunk (\S+?))?(?:, agent (\d+))?(?: \((.+)\))?":
        "{0} {1}：{2!s}{3:，线路 }{4:，坐席 }{5:，原因 }",
    r"list (\S+?)(?: \(number (\d+) of (\d+) of this contact\))?: ([a-z]+), (\d+) attempts?(?:, last ([a-z-]+))?"
    r"(?:, result ([^,;]+))?(?:, agent (\d+) looks at them)?; (.+)":
        "名单 {0}{1:，号码 }{2:/}：{3!s}，已拨 {4} 次{5!s:，上次}{6:，结果 }{7:，正在预览的坐席 }；{8!s}",
    r"campaign (\S+) does not call them(?: \((.+)\))?": "活动 {0} 不会拨打{1!s:：}",
    r"campaign (\S+) can call them now at the earliest(?: \((.+?)\))?(?:, and it is ([a-z]+))?":
        "活动 {0} 现在就可以拨打{1!s:：}{2!s:，但活动}",
    r"campaign (\S+) can call them at ((?:\S+ )?\d\d:\d\d) at the earliest(?: \((.+?)\))?(?:, and it is ([a-z]+))?":
        "活动 {0} 最早 {1} 拨打{2!s:：}{3!s:，但活动}",
    # Parts of those.
    r"they are (done|removed)": "{0!s}",
    r"they are not to be called": "免打扰",
    r"the retry rules are through with this number: others of the contact are called":
        "按重拨规则此号码不再拨打，改拨该客户的其他号码",
    r"they had (\d+) of (\d+) attempts?": "已拨 {0} 次，上限 {1} 次",
    r"they have not consented to (.+)": "没有授权用途 {0}",
    r"they are agent (\d+)'s, who calls them in mode preview": "专属坐席 {0}，只在预览外呼中拨打",
    r"the hours (\S+) do not come soon": "近期没有拨打时段 {0}",
    r"it is not due sooner": "还没到时间",
    r"the retry rules of this number say so": "重拨间隔",
    r"its list says so": "名单指定的时间",
    r"(\d+) of (\d+) attempts? in 24 h": "24 小时内已拨 {0} 次，上限 {1} 次",
    r"abandoned less than (\S+) h ago": "{0} 小时内接通过但没有坐席接听",
    r"hours (\S+)": "拨打时段 {0}",
    r"by the site's own clock, (\S+)": "按本站时间 {0}",
    r"(\S+), where it is (\S+)": "{0} 当地时间 {1}",
}  # fmt: skip
_PATTERNS = [(re.compile(english, re.DOTALL), chinese) for english, chinese in _SENTENCES.items()]
_PLACE = re.compile(r"\{(\d)(!s)?(?::([^}]+))?\}")


def in_chinese(text: str) -> str | None:
    """A sentence of an explanation in Chinese; None: it is not known here."""
    for pattern, chinese in _PATTERNS:
        if found := pattern.fullmatch(text):
            return _PLACE.sub(partial(_put, found), chinese)
    return None


def _put(found: re.Match[str], place: re.Match[str]) -> str:
    """What stands in a place: nothing if the sentence has no such part, else it, after what comes before it there."""
    said = found[int(place[1]) + 1]
    if said is None:
        return ""
    return (place[3] or "") + (_part(said) if place[2] else said)


def _part(said: str) -> str:
    """Words, and lists of them with or without a count; what is unknown stays as it is."""
    return "；".join("，".join(map(_word, _parts(each))) for each in said.split("; "))


def _parts(said: str) -> list[str]:
    return [said] if in_chinese(said) is not None else said.split(", ")


def _word(said: str) -> str:
    count, _, word = said.partition(" ")
    if count.isdigit() and word in _WORDS:
        return f"{_WORDS[word]} {count}"
    return _WORDS.get(said) or in_chinese(said) or said
