"""The sentences about numbers, queues, campaigns, messages and alarms in Chinese, by code and as in English: pure."""

from collections.abc import Mapping

CENTRE: Mapping[str, Mapping[str, str]] = {
    "NP101": {
        "a caller who dials {number} may mean {other} of line {line}: change one":
            "拨 {number} 的来电者可能是指第 {line} 行的 {other}：请改其中一个",
    },
    "NP102": {
        "{shorter} is the beginning of {longer} of line {line}: a caller who dials digit by digit never gets to "
        "the longer"
        " one; change one":
            "{shorter} 是第 {line} 行 {longer} 的开头：逐位拨号的来电者永远到不了较长的那个；请改其中一个",
    },
    "NP201": {
        "[{context}] does not answer it: callers get 404; add `{line}` to {place}/":
            "[{context}] 不应答它：来电者会得到 404；请在 {place}/ 中加上 `{line}`",
    },
    "NP202": {
        "{number} is not in {file}: no order, report or check knows it; add it there or remove it":
            "{number} 不在 {file} 中：订购、报表和检查都不认识它；请加上，或删除",
    },
    "PROMPT": {
        "[{name}] is in no file here: callers with this outcome would hear nothing":
            "这里没有文件含有 [{name}]：得到这个结果的来电者会什么也听不到",
    },
    "RE101": {"there is no queue {queue}{near?}": "没有队列 {queue}{near}"},
    "RE102": {"{hotline} is no number of hotlines.toml": "{hotline} 不是 hotlines.toml 中的号码"},
    "RE103": {
        "{other} is about just the same calls: one of the two is never asked":
            "{other} 针对同样的呼叫：两者之一永远用不到",
    },
    "RE104": {
        "percent is for when = 'sample', and here it is {when}": "percent 只用于 when = 'sample'，而这里是 {when}",
    },
    "QU101": {
        "centre.toml has no skill {skill}{near?}: no agent can have it":
            "centre.toml 中没有技能 {skill}{near}：没有坐席能具备它",
    },
    "QU102": {"hours.toml has no hours {hours}{near?}": "hours.toml 中没有时段 {hours}{near}"},
    "QU103": {
        "there is no prompt {prompt}{near?}: callers hear nothing": "没有提示音 {prompt}{near}：来电者什么也听不到",
    },
    "QU104": {
        "offers a text message and names none: add `text` of texts.toml":
            "提供短信却没有写明哪一条：请写 texts.toml 中的 `text`",
        "texts.toml has no {text}: callers wait for it in vain": "texts.toml 中没有 {text}：来电者会空等",
    },
    "QU105": {
        "centre.toml has no disposition {disposition}: no agent can choose it":
            "centre.toml 中没有小结结果 {disposition}：坐席无法选择它",
    },
    "QU106": {
        "there is no queue {queue}{near?}: callers stay where they are": "没有队列 {queue}{near}：来电者会停在原处",
        "there is no {queue}.toml: whoever a menu or a failure sends to people has nobody to wait for":
            "没有 {queue}.toml：被菜单或故障转人工的来电者等不到任何人",
    },
    "QU107": {
        "callers of {queue} who overflow could come back to it: end the circle at one of its queues":
            "{queue} 溢出的来电者可能又回到它：请在其中一个队列断开这个圈",
    },
    "QU108": {
        "{name} is a name Asterisk's lines need (of a queue's lines one may be …-en or …-aged): rename the file":
            "{name} 是 Asterisk 的队列线路要用的名称（一个队列的线路可能叫 …-en 或 …-aged）：请给文件改名",
    },
    "QU109": {
        "{first} to {last} are phones already by the range {number}: each number once":
            "{first} 到 {last} 已在第 {number} 段话机号码中：每个号码只能出现一次",
    },
    "QU110": {
        "{number} is a number that callers dial: choose another range for phones":
            "{number} 是来电者拨打的号码：请为话机另选号段",
        "{first} to {last} are no internal extensions by ordering.internal_extensions of ccore.toml: who calls "
        "from them"
        " would be taken for a subscriber":
            "按 ccore.toml 的 ordering.internal_extensions，{first} 到 {last} 不是内部分机：从那里打来的会被当作用户",
    },
    "QU111": {
        "nobody waits for {seconds} s: longest_wait_s ends it after {longest} s":
            "没有人会等 {seconds} 秒：longest_wait_s 在 {longest} 秒时结束等待",
        "lets no agent serve who could not before: name less of a skill than the step before, or fewer":
            "没有放宽任何坐席：请写比上一步更低或更少的技能",
        "echelon {higher} is called up no later than echelon {lower}: volume_percent must grow":
            "第 {higher} 梯队不晚于第 {lower} 梯队启用：volume_percent 必须递增",
    },
    "QU112": {
        "{part} cannot be said here: only whole prompts, as nothing is known of a value":
            "这里不能播报 {part}：只能是完整的提示音，因为还不知道值",
        "the offer is one prompt: Asterisk says one at a time to who waits":
            "offer 只能是一个提示音：Asterisk 对等待者一次只播一个",
    },
    "QU114": {
        "ccore.toml has no trunk {trunk}: nobody is called back": "ccore.toml 中没有中继 {trunk}：不会回呼任何人",
        "ccore.toml has no node {nodes}: these phones cannot register there":
            "ccore.toml 中没有节点 {nodes}：这些话机无法在那里注册",
        "ccore.toml has no trunk {trunk}: agents outside are never called":
            "ccore.toml 中没有中继 {trunk}：永远呼不到外部坐席",
    },
    "CA101": {
        "there is no queue {queue}{near?}: no agent gets its calls": "没有队列 {queue}{near}：没有坐席会接到它的呼叫",
    },
    "CA102": {
        "hours.toml has no hours {hours}{near?}: nobody is called":
            "hours.toml 中没有时段 {hours}{near}：不会呼叫任何人",
        "the hours {hours} never open: nobody is called": "时段 {hours} 从不开放：不会呼叫任何人",
    },
    "CA103": {
        "outgoing.toml has no trunk {trunk}{near?}: nobody is called by it":
            "outgoing.toml 中没有线路 {trunk}{near}：不会用它呼叫",
    },
    "CA104": {
        "{part} cannot be said here: only whole prompts": "这里不能播报 {part}：只能是完整的提示音",
        "there is no prompt {part}{near?}: nothing is heard": "没有提示音 {part}{near}：什么也听不到",
    },
    "CA105": {
        "centre.toml has no disposition {name}{near?}: no agent can choose it":
            "centre.toml 中没有小结结果 {name}{near}：坐席无法选择它",
        "{name} is none of the dispositions of queue {queue}: its agents cannot choose it":
            "{name} 不是队列 {queue} 的小结结果：其坐席无法选择它",
    },
    "CA106": {
        "{shown} is no field of a contact: agents see it as it stands; write {example}, or another field":
            "{shown} 不是客户字段：坐席会原样看到它；请写 {example} 或其他字段",
    },
    "CA107": {
        "{lost} % of persons are taken for machines, and {most} % may be abandoned in all: nobody is called ahead":
            "有 {lost}% 的真人会被当作机器，而总共只允许放弃 {most}%：不会预先呼叫任何人",
    },
    "CA108": {
        "no machine is looked for, so none hears it: mode = 'human-first'":
            "没有检测应答机，也就没有机器会听到它：mode = 'human-first'",
        "nobody is called again after {outcome}: one attempt is the most": "{outcome} 之后不会再呼叫：最多只有一次",
    },
    "CA109": {
        "ccore.toml has no trunk {trunk}{near?}: nobody is called by it":
            "ccore.toml 中没有中继 {trunk}{near}：不会用它呼叫",
    },
    "AL101": {"there is no queue {queue}": "没有队列 {queue}"},
    "MS101": {"ccore sends no {name}{near?}: rename the file": "ccore 不发送 {name}{near}：请给文件改名"},
    "MS102": {"is empty: whoever reads that gets the other language": "是空的：读这种语言的人会收到另一种语言"},
    "MS103": {
        "has no {language}: whoever reads that gets the other language":
            "没有 {language}：读这种语言的人会收到另一种语言",
        "has no {language}: the bare code {code} would be sent": "没有 {language}：会直接发出代码 {code}",
    },
    "MS104": {
        "{field} is not known in it{near?}: the message would not be sent":
            "其中没有 {field} 这个字段{near}：短信发不出去",
    },
    "MS105": {"is never sent: messages of this kind bring their own words": "不会发送：这类短信自带内容"},
    "MS106": {
        "is {parts} messages on the bill, in the short alphabet; most_parts says {most}: shorten it":
            "按 {parts} 条计费（短字符集）；most_parts 为 {most}：请缩短",
        "is {parts} messages on the bill, as “{outside}” is not in the short alphabet; most_parts says {most}: "
        "shorten it":
            "按 {parts} 条计费，因为“{outside}”不在短字符集中；most_parts 为 {most}：请缩短",
        "is {parts} messages on the bill, {why}; most_parts says {most}: shorten it":
            "按 {parts} 条计费（{why}）；most_parts 为 {most}：请缩短",
    },
    "MS107": {
        "“{outside}” is not in the short alphabet: a part has 70 letters, not 160":
            "“{outside}”不在短字符集中：一条只有 70 个字符，而不是 160 个",
    },
    "MS108": {
        "{field} is no code in this message: its words are never used":
            "{field} 在这条短信中不是代码：它的用词永远用不到",
    },
    "MS109": {
        "marketing_hours of ccore.toml: there are no hours {hours}{near?}: nothing is sent":
            "ccore.toml 的 marketing_hours：没有时段 {hours}{near}：不会发送任何短信",
    },
    "SECRET": {
        "{name} is missing: the gateway {kind} of [messages] needs it": "缺少 {name}：[messages] 的网关 {kind} 需要它",
    },
    "CONFIG": {"messages.kannel.smsc: there is no file {file}": "messages.kannel.smsc：没有文件 {file}"},
}  # fmt: skip
