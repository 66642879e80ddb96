"""Faults of form in Chinese: of which file a key or value is, and what is said of it in English: pure."""

from collections.abc import Mapping

# By code: what is wrong, said before what is expected there.
FORM: Mapping[str, str] = {
    "CONFIG": "ccore.toml 的键或值有误",
    "SECRET": "密钥缺失、太弱，或所有人可读",
    "NUMBER": "numbers.toml 的键或值有误",
    "PROMPT": "提示音条目不完整、太长、重复或缺失，或没有与文字相符的录音",
    "MENU": "菜单、热线、时段、查询、转接或短信文件的键或值有误",
    "QUEUE": "队列、话机、录音规则或 centre.toml 的键或值有误",
    "CAMPAIGN": "外呼活动或 outgoing.toml 的键或值有误",
    "ALERT": "alerts.toml 的键或值有误",
    "SCORECARD": "评分表的键或值有误，或其中的队列、小结结果不存在",
    "MESSAGE": "短信文件的键或值有误",
}

# What is said of a key, after its name and a colon.
EXPECTED: Mapping[str, str] = {
    "unknown key: remove it or correct its spelling": "不认识的键：请删除，或改正拼写",
    "no network: write its first address and its length, such as 192.0.2.0/24":
        "不是网段：请写首地址和长度，如 192.0.2.0/24",
    "`do` is required and is not there: it says what happens at this node": "缺少 `do`：它说明这个节点做什么",
    "this key is required and is not there": "缺少这个必需的键",
    "Input should be a valid integer": "应为整数",
    "Input should be a valid integer, unable to parse string as an integer": "应为整数",
    "Input should be a valid integer, got a number with a fractional part": "应为整数，不能有小数",
    "Input should be a valid number": "应为数字",
    "Input should be a valid number, unable to parse string as a number": "应为数字",
    "Input should be a finite number": "应为有限的数字",
    "Input should be a valid string": "应为文字，请加引号",
    "Input should be a valid boolean": "应为 true 或 false",
    "Input should be a valid boolean, unable to interpret input": "应为 true 或 false",
    "Input should be a valid tuple": "应为列表，请写 […]",
    "Input should be a valid list": "应为列表，请写 […]",
    "Input should be a valid dictionary": "应为表，请写 {{ … }}",
    "Input should be a valid dictionary or instance of {model}": "应为表，请写 {{ … }} 或 [名称]",
    "Input should be greater than or equal to {limit}": "应不小于 {limit}",
    "Input should be greater than {limit}": "应大于 {limit}",
    "Input should be less than or equal to {limit}": "应不大于 {limit}",
    "Input should be less than {limit}": "应小于 {limit}",
    "Input should be a multiple of {limit}": "应为 {limit} 的倍数",
    "Input should be {choice} or {other}": "应为 {choice} 或 {other}",
    "Input should be {choice}": "应为 {choice}",
    "Input tag {tag} found using {key} does not match any of the expected tags: {tags}":
        "{key} 不能是 {tag}；可以是：{tags}",
    "String should have at least {limit} character{s?}": "至少 {limit} 个字符",
    "String should have at most {limit} character{s?}": "最多 {limit} 个字符",
    "String should match pattern {pattern}": "应符合格式 {pattern}",
    "{kind} should have at least {limit} item{s?} after validation, not {count}": "至少 {limit} 项，现在有 {count} 项",
    "{kind} should have at most {limit} item{s?} after validation, not {count}": "最多 {limit} 项，现在有 {count} 项",
}  # fmt: skip

# What is said of a file as a whole.
WHOLE: Mapping[str, str] = {
    "not TOML: {error}": "不是有效的 TOML：{error}",
    "cannot be read: {error}": "无法读取：{error}",
}
