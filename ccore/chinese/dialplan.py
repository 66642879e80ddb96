"""The sentences about the dialplan (codes DP…) in Chinese, by code and by how they are said in English: pure."""

from collections.abc import Mapping

_ADVICE = "请先按 README.md“Data from outside”一节所示检查，再使用检查过的变量"
_OUTSIDE_EN = 'check it first as README.md shows under "Data from outside", and use the checked variable'
_EXPENSE_EN = (
    "whoever gets there calls out at the site's expense, past every limit: only ccore has Asterisk begin such calls"
)
_EXPENSE = "到达那里的人可绕过一切限制、由本站付费外呼；只有 ccore 才能让 Asterisk 发起这类呼叫"

DIALPLAN: Mapping[str, Mapping[str, str]] = {
    "DP101": {
        "{line} is neither [section], `key => value` nor ; comment: Asterisk ignores it":
            "{line} 既不是 [节]，也不是 `键 => 值` 或 ; 注释：Asterisk 会忽略它",
    },
    "DP102": {
        "{line} is no [section]: Asterisk stops reading here, and numbers below are not answered":
            "{line} 不是 [节]：Asterisk 读到这里就停止，其下的号码都不应答",
    },
    "DP103": {
        "this ;-- comment is never closed with --; so everything below it is lost":
            "这个 ;-- 注释没有用 --; 结束，其下的内容全部丢失",
    },
    "DP104": {
        "holds {character} ({code}), which looks like an ordinary character and is none: Asterisk reads the line "
        "otherwise"
        " than you do; type it with the keyboard set to English":
            "含有 {character}（{code}），看起来像普通字符，其实不是：Asterisk 读到的与您看到的不同；"
            "请在英文输入法下重新输入",
    },
    "DP105": {
        "#exec runs a program with Asterisk's rights whenever the dialplan is loaded: remove it":
            "#exec 会在每次加载拨号方案时以 Asterisk 的权限运行程序：请删除",
        "{word}: every file of extensions.d is loaded anyway, and no other may be: remove it":
            "{word}：extensions.d 中的文件都会被加载，其他文件不允许加载：请删除",
    },
    "DP106": {"cannot be read, save it as UTF-8 text: {error}": "无法读取，请保存为 UTF-8 文本：{error}"},
    "DP201": {
        "[{name}] is in a file that ccore generates: remove it": "[{name}] 由 ccore 生成：请删除",
        "templates ({options}) hide what a caller meets: write the lines out":
            "模板（{options}）掩盖了来电者会遇到什么：请逐行写出",
    },
    "DP202": {
        "[{name}](+) adds to a context that is begun in no file before this one (they are read in the order of their"
        " names): Asterisk reads no further":
            "[{name}](+) 要追加的上下文在此前的文件中没有（按文件名顺序读取）：Asterisk 读到这里就停止",
        "[{name}] is already in {place}, and Asterisk would mix the two: rename one, or write [{same}](+) if they "
        "are meant"
        " as one":
            "[{name}] 已在 {place} 中，Asterisk 会把两者混在一起：请改名，若本就是同一个，请写 [{same}](+)",
    },
    "DP203": {
        "{key} stands before the first [context] of its file: Asterisk adds it to the file before":
            "{key} 位于本文件第一个 [上下文] 之前：Asterisk 会把它算到前一个文件",
    },
    "DP204": {
        "{key} is no word of a dialplan, and Asterisk ignores the line: exten, same or include":
            "{key} 不是拨号方案的关键字，Asterisk 会忽略这一行：只能是 exten、same 或 include",
    },
    "DP205": {
        "is not `exten => NUMBER,PRIORITY,Application(…)`: Asterisk drops it, and callers stop above it":
            "不是 `exten => 号码,优先级,应用(…)`：Asterisk 会丢弃它，来电者停在上一行",
        "is not `same => n,Application(…)`: Asterisk drops it, and callers miss it":
            "不是 `same => n,应用(…)`：Asterisk 会丢弃它，来电者走不到这一步",
    },
    "DP206": {
        "`same` needs an `exten` line above it in its context: no caller reaches it":
            "`same` 上方在同一上下文中须有 `exten` 行：没有来电者能走到这里",
    },
    "DP207": {
        "{name} is a pattern only with an underscore before it: as it is, callers get 404":
            "{name} 前面加下划线才是号码模式：现在这样来电者会得到 404",
        "{name} is neither a number, a name nor a pattern such as _10086XXXXX: no call meets it":
            "{name} 既不是号码、名称，也不是 _10086XXXXX 这样的模式：没有呼叫会匹配它",
    },
    "DP208": {
        "priority {priority} is neither n nor a number from 1, with a (label) at most: Asterisk drops the line":
            "优先级 {priority} 既不是 n，也不是从 1 开始的数字（其后最多一个 (标签)）：Asterisk 会丢弃这一行",
    },
    "DP209": {
        "{call} is no Application(…): brackets do not close, or something stands after the last one":
            "{call} 不是 应用(…)：括号没有闭合，或最后一个括号后还有内容",
    },
    "DP210": {
        "the first step of {extension} must have priority 1: callers would get 404":
            "{extension} 的第一步优先级必须是 1：否则来电者会得到 404",
        "{extension} has no priority {expected}: calls end there; write n":
            "{extension} 没有优先级 {expected}：呼叫会在那里结束；请写 n",
    },
    "DP211": {
        "{extension} has priority {number} already: Asterisk drops this line":
            "{extension} 已有优先级 {number}：Asterisk 会丢弃这一行",
    },
    "DP212": {
        "{mark} has no opening in {call}: Asterisk reads it otherwise":
            "{call} 中的 {mark} 没有开头：Asterisk 的理解会不同",
        "{mark} is never closed in {call}: Asterisk reads it otherwise":
            "{call} 中的 {mark} 没有闭合：Asterisk 的理解会不同",
        "{error} in {call}: Asterisk reads it otherwise": "{call} 中 {error}：Asterisk 的理解会不同",
    },
    "DP213": {
        "there is no application {name}{near?}: callers who get here are cut off with 603":
            "没有应用 {name}{near}：来电者到这里会以 603 被挂断",
    },
    "DP214": {
        "there is no function {name}(){near?}: it gives nothing, whatever is asked":
            "没有函数 {name}(){near}：取到的总是空",
    },
    "DP215": {
        "label {label} is in {extension} already: calls jump to the first of them only":
            "{extension} 中已有标签 {label}：呼叫只会跳到第一个",
    },
    "DP216": {
        "holds nothing: the numbers that were in it get 404": "文件是空的：原来其中的号码会得到 404",
        "[{name}] holds no extension: callers sent here are cut off": "[{name}] 中没有号码：转到这里的来电者会被挂断",
    },
    "DP217": {"there is no [{name}] to include: its numbers get 404": "要包含的 [{name}] 不存在：其号码会得到 404"},
    "DP218": {
        "there is no [{context}]: callers who get here are cut off": "没有 [{context}]：来电者到这里会被挂断",
        "[{context}] has no {extension}: callers who get here are cut off":
            "[{context}] 中没有 {extension}：来电者到这里会被挂断",
        "{extension} in [{context}] has no ({label}): callers who get here are cut off":
            "[{context}] 的 {extension} 中没有标签（{label}）：来电者到这里会被挂断",
    },
    "DP219": {
        "jumps to priority {priority}, which moves whenever a line is added: use a (label)":
            "跳到优先级 {priority}，增加一行它就会变：请使用 (标签)",
    },
    "DP220": {
        "{extension} ends without Hangup, Goto or Return: the caller is cut off, billed as answered":
            "{extension} 末尾没有 Hangup、Goto 或 Return：来电者被挂断，且按已接听计费",
    },
    "DP221": {
        "[{name}] has no {extension} extension: {loss}; include a context that has it":
            "[{name}] 中没有 {extension} 分机：{loss}；请包含一个有它的上下文",
    },
    "DP222": {
        "holds no *.conf file: every caller would get 404": "目录中没有 *.conf 文件：所有来电者都会得到 404",
        "no file holds [{name}], into which trunks send their calls: every caller would get 404":
            "没有文件含有中继来话进入的 [{name}]：所有来电者都会得到 404",
    },
    "DP223": {
        "{second} and {first} of line {line} match the same numbers, and Asterisk gives them to the tighter one, "
        "whatever"
        " stands first: callers get what was meant for others; change one":
            "{second} 与第 {line} 行的 {first} 匹配同样的号码，Asterisk 会交给更窄的那个，与先后无关："
            "来电者会得到别人的服务；请改其中一个",
        "{pattern} takes every call meant for {name} of [{own}], which is included here: write one X for each "
        "digit, or"
        " move it":
            "{pattern} 会抢走本应到所包含的 [{own}] 中 {name} 的呼叫：请为每位数字写一个 X，或移到别处",
    },
    "DP301": {"{name} is not allowed here: it {reason}": "这里不允许使用 {name}：它{reason}"},
    "DP302": {
        "{key} takes extensions from elsewhere, where nobody checks them: write them here":
            "{key} 从别处取号码，那里没有人检查：请写在这里",
    },
    "DP303": {"{name}() is not allowed here: it {reason}": "这里不允许使用 {name}()：它{reason}"},
    "DP304": {
        "changes {key} in Asterisk's database, where SIP and queues keep theirs: use a key that begins with {own}":
            "改动了 Asterisk 数据库中的 {key}，SIP 与队列的数据也在那里：请使用以 {own} 开头的键",
    },
    "DP305": {
        "MixMonitor's third argument runs a command of the operating system: leave it out":
            "MixMonitor 的第三个参数会运行操作系统命令：请去掉",
    },
    "DP306": {
        "jumps to {place}, which is chosen at call time: nobody can prove where callers end up":
            "跳到通话时才决定的 {place}：无法证明来电者会到哪里",
    },
    "DP307": {
        "Record writes files of this machine: only {variable}, which ccore takes in, is allowed":
            "Record 会写本机文件：只允许由 ccore 收取的 {variable}",
    },
    "DP401": {
        "{value} in {application} is whatever a caller's exchange sends, even & or a line break: " + _OUTSIDE_EN:
            "{application} 中的 {value} 是对方交换机随意送来的内容，可能含有 & 或换行：" + _ADVICE,
    },
    "DP402": {
        "{value} inside $[ ] lets a caller turn the condition around with a quotation mark: " + _OUTSIDE_EN:
            "$[ ] 中的 {value} 可让来电者用一个引号颠倒条件：" + _ADVICE,
    },
    "DP403": {
        "{value} inside {function}() lets a caller change what is asked with a bracket: " + _OUTSIDE_EN:
            "{function}() 中的 {value} 可让来电者用一个括号改变所问的内容：" + _ADVICE,
    },
    "DP404": {
        "{value} goes into {target}, where nobody sees any more that it is unchecked: " + _OUTSIDE_EN:
            "{value} 进入了 {target}，在那里再也看不出它未经检查：" + _ADVICE,
    },
    "DP405": {
        "{extension} lets anyone dial anything of any length, hidden line breaks too: write one X for each digit "
        "of the"
        " number plan":
            "{extension} 让任何人拨任意长度的任意内容，包括隐藏的换行：请按号码计划为每位数字写一个 X",
    },
    "DP406": {
        "strangers can dial {extension} by its name: only numbers may stand here; use another context":
            "外人可按名称拨打 {extension}：这里只能是号码；请换一个上下文",
    },
    "DP407": {
        "{application} keeps the call where nothing catches it: Goto another context, and do it there":
            "{application} 让呼叫停在没有兜底的地方：请 Goto 到另一个上下文，在那里执行",
    },
    "DP501": {
        "calls from {who} can get to {destination}, which is not proved to be a phone of the site: strangers could"
        " telephone at its expense; name the phone, or keep it apart":
            "来自{who}的呼叫可到达 {destination}，它未被证明是本站话机：外人可由本站付费打电话；请写明话机，"
            "或将其隔开",
    },
    "DP502": {
        "option {option} of {application} gives strangers keys to transfer, park or record: leave it out":
            "{application} 的选项 {option} 让外人按键转接、驻留或录音：请去掉",
    },
    "DP503": {
        "option {option} of {application} sends calls to places that are not checked from here: leave it out":
            "{application} 的选项 {option} 把呼叫送到这里检查不到的地方：请去掉",
    },
    "DP504": {
        "includes [{context}]: whoever dials there could listen": "包含了 [{context}]：拨到那里的人就能监听",
        "ChanSpy stands in [{context}] alone, as {call}: others' calls are private":
            "ChanSpy 只能位于 [{context}]，写作 {call}：他人的通话是私密的",
        "leads to [{context}]: only ccore sends phones there, who may listen":
            "通向 [{context}]：只有 ccore 把有权监听的话机送到那里",
    },
    "DP505": {
        "calls from a trunk can get to [{context}], where agents dial: strangers could sign in":
            "来自中继的呼叫可到达坐席拨号的 [{context}]：外人可以签入",
        "calls from a trunk can get here: strangers could sign in; only phones may dial it":
            "来自中继的呼叫可到达这里：外人可以签入；只允许话机拨打",
    },
    "DP506": {
        "includes [{context}]: " + _EXPENSE_EN: "包含了 [{context}]：" + _EXPENSE,
        "leads to [{context}]: " + _EXPENSE_EN: "通向 [{context}]：" + _EXPENSE,
    },
    "DP601": {
        "needs Set(AGIEXITONHANGUP=yes) before it: without, a caller who hangs up leaves a stuck channel behind":
            "之前须有 Set(AGIEXITONHANGUP=yes)：否则来电者挂机后会留下卡住的通道",
    },
    "DP602": {
        "needs Set(TIMEOUT(absolute)=n) before it, n from 1 to {most} s: without, a caller waits in silence for as "
        "long as"
        " ccore hangs":
            "之前须有 Set(TIMEOUT(absolute)=n)，n 为 1 到 {most} 秒：否则 ccore 卡住多久，来电者就静默等待多久",
    },
    "DP603": {
        "needs Set(CCORE_RESULT=) before it: an old answer would be taken for this one":
            "之前须有 Set(CCORE_RESULT=)：否则旧的答复会被当作这一次的",
    },
    "DP604": {
        "needs Set(TIMEOUT(absolute)=0) on the next line: without, the call is cut off while it is served":
            "下一行须有 Set(TIMEOUT(absolute)=0)：否则服务中的呼叫会被切断",
    },
    "DP605": {
        "needs a GotoIf on ${{CCORE_RESULT}} two lines below: whether ccore answered is known by nothing else":
            "其下第二行须有针对 ${{CCORE_RESULT}} 的 GotoIf：ccore 是否答复只能由此得知",
    },
    "DP606": {
        "{program} is nothing ccore answers to; there is: {offer}": "{program} 不是 ccore 提供的；可用的有：{offer}",
    },
    "DP607": {
        "AGISTATUS is SUCCESS even when ccore died in mid-call: test CCORE_RESULT instead":
            "即使 ccore 在通话中崩溃，AGISTATUS 也是 SUCCESS：请改为检查 CCORE_RESULT",
    },
    "DP608": {
        "ccore may answer {result}, and there is no prompt {prompt} that says so":
            "ccore 可能答复 {result}，却没有说明它的提示音 {prompt}",
        "ccore may answer {result}, and no GotoIf on ${{CCORE_RESULT}} after it knows it: the caller is told "
        "otherwise":
            "ccore 可能答复 {result}，其后的 GotoIf 却不认识：来电者会听到别的内容",
    },
    "DP609": {
        "callers whom ccore did not answer fall into ({label}): put a Goto before it":
            "ccore 未答复的来电者会落入（{label}）：请在它前面放一个 Goto",
    },
    "DP610": {
        "{names} is what ccore says in a menu, and nobody has asked it here: callers get what was meant for "
        "another moment":
            "{names} 是 ccore 在菜单中给出的，这里没有人问过：来电者会得到另一时刻的内容",
    },
    "DP611": {
        "{name} is what ccore says, in menus that were checked: use a name of your own":
            "{name} 由 ccore 在检查过的菜单中给出：请另起变量名",
    },
    "DP701": {
        "there is no prompt {prompt}{near?}: callers would hear nothing":
            "没有提示音 {prompt}{near}：来电者会什么也听不到",
        "no prompt begins with {prompt}: callers would hear nothing":
            "没有以 {prompt} 开头的提示音：来电者会什么也听不到",
    },
    "DP702": {
        "{prompt} is not of prompts/*.toml (those begin with {own}), so not sure to be there to hear":
            "{prompt} 不在 prompts/*.toml 中（其中的都以 {own} 开头），不能保证听得到",
    },
    "DP703": {
        "Wait({seconds}) keeps the caller in silence: at most {most} s, or play something":
            "Wait({seconds}) 让来电者静默等待：最多 {most} 秒，或播放些什么",
    },
    "DP704": {
        "there is no queue {queue} (there is: {offer}): callers are not served":
            "没有队列 {queue}（现有：{offer}）：来电者得不到服务",
    },
    "DP705": {
        "needs a time limit, the fifth argument, in seconds: without, callers wait for ever":
            "须有以秒为单位的时限（第五个参数）：否则来电者会一直等下去",
    },
}  # fmt: skip

# Pieces of those sentences, said the same way wherever they stand.
PIECES: Mapping[str, str] = {
    "a trunk": "中继",
    "an agent's phone": "坐席话机",
    "what is left to do when the caller hangs up is not done": "来电者挂机后的收尾工作不会执行",
    "a call whose time is up ends without a word": "超时的呼叫会无声结束",
    "a call sent to a number that is not there ends without a word": "转到不存在号码的呼叫会无声结束",
    "runs commands of the operating system, and a caller's name is enough to choose them":
        "运行操作系统命令，而来电者的名字就足以选择运行什么",
    "runs what is put together at call time, which nobody can check beforehand":
        "运行通话时才拼成的内容，事先无法检查",
    "lets a caller from the trunk make calls at the site's expense": "让中继来的呼叫者由本站付费打电话",
    "acts on calls of other people": "影响他人的通话",
    "makes loops that cannot be checked to end: write GotoIf with labels":
        "会形成无法检查是否结束的循环：请用 GotoIf 加标签",
    "waits for something outside Asterisk, without a time limit, while the caller hears nothing: ask ccore by AGI":
        "无时限地等待 Asterisk 之外的东西，来电者什么也听不到：请用 AGI 询问 ccore",
    "reads or writes files of this machine": "读写本机文件",
}  # fmt: skip
