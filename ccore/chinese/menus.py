"""The sentences about hotlines and menus (codes IV…) in Chinese, by code and by how they are said in English: pure."""

from collections.abc import Mapping

MENUS: Mapping[str, Mapping[str, str]] = {
    "IV101": {
        "there is no node {target}{near?}: callers sent there come to people instead":
            "没有节点 {target}{near}：转到那里的来电者会改为接人工",
    },
    "IV102": {
        "no caller gets to {name} and the {count} nodes behind it: no key and no hotline leads to it; name it as a "
        "target,"
        " or remove it":
            "没有来电者能到 {name} 及其后的 {count} 个节点：没有按键或热线通向它；请把它写为目标，或删除",
        "no caller gets to {name} and the node behind it: no key and no hotline leads to it; name it as a target, or"
        " remove it":
            "没有来电者能到 {name} 及其后的节点：没有按键或热线通向它；请把它写为目标，或删除",
        "no caller gets to {name}: no key and no hotline leads to it; name it as a target, or remove it":
            "没有来电者能到 {name}：没有按键或热线通向它；请把它写为目标，或删除",
    },
    "IV103": {
        "callers go round {circle}, where no key is asked: they hear it over and over and cannot get out":
            "来电者在 {circle} 中打转，其间不需按键：反复听同样的内容，出不去",
    },
    "IV104": {
        "whoever keys nothing goes round {circle} until their {steps} steps are used up: let one of them fail to "
        "people or"
        " hang-up":
            "不按键的来电者会在 {circle} 中打转，直到用完 {steps} 步："
            "请让其中一个失败时转人工（people）或挂机（hang-up）",
    },
    "IV105": {
        "from {name} no key and no failure leads to people, to anything done or to an end: callers of {number} can "
        "only"
        " hang up; let a key lead to people or hang-up":
            "从 {name} 出发，没有按键或失败能到人工、办成事或结束：{number} 的来电者只能挂机；"
            "请让一个按键转人工（people）或挂机（hang-up）",
    },
    "IV106": {
        "{name} is {far} nodes from the beginning, and calls have {steps}: everybody is sent to people before they get"
        " there; raise steps":
            "{name} 距开头 {far} 个节点，而呼叫只有 {steps} 步：所有人都会在到达之前被转人工；请调大 steps",
    },
    "IV107": {
        "{name} is a word for another place in every target, so nothing leads here: give it another name":
            "{name} 在目标中是表示别处的专用词，没有什么能通到这里：请改名",
    },
    "IV201": {
        "key {key} ({meaning}, by convention) is the beginning of {longer}: whoever keys {same} slowly gets "
        "{short}, and"
        " whoever wants {wanted} hears nothing for {seconds} s; give them other keys":
            "按键 {key}（按惯例：{meaning}）是 {longer} 的开头：慢慢按 {longer} 的人会得到 {key}，"
            "想按 {key} 的人会静默 {seconds} 秒；请换按键",
        "key {key} is the beginning of {longer}: whoever keys {same} slowly gets {short}, and whoever wants "
        "{wanted} hears"
        " nothing for {seconds} s; give them other keys":
            "按键 {key} 是 {longer} 的开头：慢慢按 {longer} 的人会得到 {key}，想按 {key} 的人会静默 {seconds} 秒；"
            "请换按键",
    },
    "IV202": {
        "after key {key} another digit is waited for, as some keys here have {longest}: callers hear nothing for "
        "{seconds}"
        " s; give all keys one length, or set timeout_s to {most}":
            "按 {key} 后会再等一位数字，因为这里有 {longest} 位的按键：来电者静默 {seconds} 秒；"
            "请让所有按键位数相同，或把 timeout_s 设为 {most}",
    },
    "IV203": {
        "key {key} leads to {target}, and means {meaning} in every other menu: callers are led astray; take "
        "another key,"
        " or write conventions = false and name all keys of this menu":
            "按键 {key} 通向 {target}，而在其他所有菜单中表示“{meaning}”：会误导来电者；请换按键，"
            "或写 conventions = false 并列出本菜单的全部按键",
    },
    "IV204": {
        "speech names key {key}, which this menu has not: callers who say it are not understood":
            "speech 写了本菜单没有的按键 {key}：说出它的来电者不会被理解",
        "{word}, which sounds like {other}, stands for key {first} and for key {second}: callers who say it are "
        "asked to"
        " press one of them":
            "{word} 与 {other} 读音相同，却同时代表按键 {first} 和 {second}：说出它的来电者会被要求按键选择",
        "{word} stands for key {first} and for key {second}: callers who say it are asked to press one of them":
            "{word} 同时代表按键 {first} 和 {second}：说出它的来电者会被要求按键选择",
    },
    "IV205": {
        "{prompt} tells callers to press {key}, which this menu does not know: they hear it is wrong":
            "{prompt} 让来电者按 {key}，而本菜单没有这个按键：他们会听到按键有误",
    },
    "IV206": {
        "has speech, and key {key} of several digits: callers cannot speak here, only press keys":
            "写了 speech，又有多位按键 {key}：来电者在这里不能说话，只能按键",
    },
    "IV207": {
        "{word} is so short that it is heard in many other words: callers are led astray":
            "{word} 太短，会在很多别的话里被听到：会误导来电者",
    },
    "IV301": {
        "there is no prompt {part} in prompts/*.toml{near?}: callers hear nothing here":
            "prompts/*.toml 中没有提示音 {part}{near}：来电者在这里什么也听不到",
        "an answer may name the prompt {part}, which is in no file of prompts/{near?}: callers hear nothing of it":
            "查询结果可能用到提示音 {part}，而 prompts/ 中没有{near}：来电者听不到它",
    },
    "IV302": {
        "{part} is asked for as a secret: whoever stands beside the caller would hear it":
            "{part} 是作为密码询问的：来电者身边的人会听到",
    },
    "IV401": {
        "nothing makes a value {value}{near?}: callers do not hear it, or go nowhere":
            "没有哪里产生值 {value}{near}：来电者听不到它，或无处可去",
        "by = value needs `of`, the value's name: all go to otherwise":
            "by = value 须写 `of`（值的名称）：所有人都会走 otherwise",
        "nothing makes a value {value}{near?}: every caller goes to otherwise":
            "没有哪里产生值 {value}{near}：所有来电者都会走 otherwise",
    },
    "IV402": {
        "{value} is not known to every caller here: not to those who come from {node} by {way}; ask or look it up "
        "before, on"
        " every way":
            "并非每个来电者到这里时都有 {value}：经 {way} 从 {node} 来的没有；请在每条路上先询问或查询",
        "{value} is not known to every caller here: not to those who come as the hotline's {way}; ask or look it "
        "up before,"
        " on every way":
            "并非每个来电者到这里时都有 {value}：由热线的 {way} 直接来的没有；请在每条路上先询问或查询",
        "{value} is not known to every caller here: not to those who come {whence}; ask or look it up before, on every"
        " way":
            "并非每个来电者到这里时都有 {value}（{whence}）；请在每条路上先询问或查询",
    },
    "IV501": {
        "{file} has no look-up {name}{near?}: callers hear that there is nothing to tell":
            "{file} 中没有查询 {name}{near}：来电者会听到没有可告知的内容",
    },
    "IV502": {
        "{file} has no text {name}{near?}: callers wait for a message that nobody sends":
            "{file} 中没有短信 {name}{near}：来电者会空等一条没人发的短信",
    },
    "IV503": {
        "{file} has no transfer {name}{near?}: callers come to people instead":
            "{file} 中没有转接 {name}{near}：来电者会改为接人工",
    },
    "IV504": {
        "{file} has no hours {name}{near?}: callers are told neither open nor closed":
            "{file} 中没有时段 {name}{near}：来电者既不会被告知营业，也不会被告知下班",
        "{number} has no hours and `of` names none: its callers go to otherwise":
            "{number} 没有时段，`of` 也没有写：其来电者都会走 otherwise",
    },
    "IV505": {
        "{file} has no queue {name}{near?}: callers are not served":
            "{file} 中没有队列 {name}{near}：来电者得不到服务",
    },
    "IV506": {
        "{file} has no trunk {name}{near?}: no call comes or goes over it":
            "{file} 中没有中继 {name}{near}：没有呼叫会经过它",
    },
    "IV507": {
        "look-up {adapter} needs {value}, which `ask` does not give: nothing is ever found":
            "查询 {adapter} 需要 {value}，而 `ask` 没有给出：永远查不到",
        "look-up {adapter} has no {value}{near?}: it is not asked": "查询 {adapter} 没有 {value}{near}：不会用到它",
    },
    "IV508": {
        "codes of {access} have {width} digits, which no caller can key for {code}: nobody can order here":
            "{access} 的编码有 {width} 位，而来电者在 {code} 处按不出这么多位：没有人能在这里订购",
        "{access} is no [[access]] of numbers.toml: nobody who orders here gets anything":
            "{access} 不是 numbers.toml 的 [[access]]：在这里订购的人什么也得不到",
        "codes of {access} have {width} digits, and {code} has {has}: callers are told that there is no such product":
            "{access} 的编码有 {width} 位，而 {code} 有 {has} 位：来电者会被告知没有该产品",
    },
    "IV509": {
        "{number} is neither a [[hotline]] nor a [[quick_line]] of numbers.toml: callers get 404":
            "{number} 既不是 numbers.toml 的 [[hotline]]，也不是 [[quick_line]]：来电者会得到 404",
        "extensions.d/ does not send {number} to [menu]: callers never hear these menus":
            "extensions.d/ 没有把 {number} 送到 [menu]：来电者永远听不到这些菜单",
    },
    "IV510": {
        "{number} leads into the menus, and is no [[hotline]] of hotlines.toml{near?}: its callers hear that the "
        "system is"
        " busy, and get people":
            "{number} 进入菜单，却不是 hotlines.toml 的 [[hotline]]{near}：来电者会听到系统忙，并转人工",
    },
    "IV601": {
        "least is {least} and most is {most}: no caller can answer, all go to failed":
            "least 为 {least}，most 为 {most}：没有来电者能答对，全部走 failed",
        "check {check} takes {lengths} digits, and {least} to {most} may be keyed: no caller can answer, all go to "
        "failed":
            "校验 {check} 要求 {lengths} 位数字，而可按 {least} 到 {most} 位：没有来电者能答对，全部走 failed",
    },
    "IV602": {
        "{question} takes keys from {least} to {most}: it asks nothing":
            "{question} 接受从 {least} 到 {most} 的按键：等于没有提问",
    },
    "IV603": {
        "case {case} of {by} never holds: no caller goes there; cases are {expected}":
            "{by} 的情况 {case} 永远不成立：没有来电者会去那里；可写的有 {expected}",
        "the cases before {case} take all that it could hold for: no caller goes there; put it first":
            "{case} 之前的情况已包含它的全部：没有来电者会去那里；请把它放在前面",
    },
    "IV604": {
        'never opens: callers are always told that it is closed; write workdays = ["09:00-18:00"]':
            '从不营业：来电者总会被告知已下班；请写 workdays = ["09:00-18:00"]',
    },
    "IV605": {
        "closed without `hours`: it never closes, and no caller gets to {target}":
            "写了 closed 而没有 `hours`：永不下班，没有来电者会到 {target}",
        "hours without `closed`, and no node chooses by them: callers wait for people who have gone home":
            "写了 hours 而没有 `closed`，也没有节点按时段选择：来电者会等待已下班的人",
    },
}  # fmt: skip

# Pieces of those sentences.
PIECES: Mapping[str, str] = {
    "back": "返回上级",
    "once more": "重听",
    "people": "人工",
    "open, closed and holiday": "open、closed 和 holiday",
    "zh and en": "zh 和 en",
    "mon to sun, and mon-fri": "mon 到 sun，以及 mon-fri",
    "8, 8-11 and 20+, up to 23": "8、8-11 和 20+，最大 23",
    "3, 1-4 and 5+": "3、1-4 和 5+",
}
