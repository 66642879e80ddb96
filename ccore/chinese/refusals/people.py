"""Sign-in, people, the audit, displays, alerts and personal requests: what is refused, in Chinese; pure."""

from collections.abc import Mapping

PEOPLE: Mapping[str, str] = {
    # sign-in
    "there were too many wrong tries: wait a quarter of an hour": "错误次数过多，请一刻钟后再试",
    "the directory that knows your password does not answer: try again": "保存您密码的企业目录没有应答，请重试",
    "choose a password of your own: you were told this one": "这是管理员告知的密码，请先设置自己的密码",
    "send the code of your second factor too": "请同时填写动态验证码",
    "the name, the password or the code is not right": "登录名、密码或验证码不正确",
    "a token is no session: an admin revokes it": "令牌不是会话：由管理员作废",
    "you have no such session": "您没有这个会话",
    "a password has {least} to {most} characters": "密码长度须为 {least} 至 {most} 个字符",
    "a password of few different characters, or with the login in it, is guessed first":
        "密码过于简单：字符种类太少，或包含登录名",
    "send current or text_code": "请写 current 或 text_code",
    "choose another password than the one you were told": "请不要沿用管理员告知的密码",
    "{why}: tell an admin": "{why}：请联系管理员",
    "secrets.toml has no second_factor_keys": "secrets.toml 中没有 second_factor_keys",
    "you have a second factor: take it away first": "您已启用动态验证码，请先移除",
    "that is no code of what you were offered: look at the clock of the telephone":
        "验证码与所给的密钥不符：请检查手机时间",
    "you have none": "您没有启用",
    # people
    "there is no such person": "没有这个用户",
    "there is a {login} already": "登录名 {login} 已被使用",
    "there is no {scopes}, but read, write, {known}": "没有 {scopes}；可以是 read、write、{known}",
    "there is no such person, or they are not let in": "没有这个用户，或已停用",
    "their password is the directory's: it is changed there": "密码由企业目录管理，请在那里更改",
    "there were no wrong tries of theirs just now": "此人刚才没有输错过密码",
    "they have no such token": "此人没有这个令牌",
    "they have no such session": "此人没有这个会话",
    "they have none": "此人没有启用",
    "not of yourself: ask another admin, or use `ccore people`":
        "不能对自己进行此操作，以免把自己锁在系统外：请由另一位管理员操作，或在服务器上使用 `ccore people`",
    "a number of theirs is somebody else's now": "此人的坐席号或工号已属于其他用户，请先更改号码",
    "a token is for {days} days at most": "令牌有效期最长 {days} 天",
    "a login has 2 to 40 small letters, digits, . _ -, and an agent 2 to 12 digits":
        "登录名为 2 至 40 个小写字母、数字或 . _ -，坐席号为 2 至 12 位数字",
    "there is no employee {number}": "员工名单中没有工号 {number}",
    "agent {number} is somebody else": "坐席号 {number} 已属于其他用户",
    "employee {number} is somebody else": "工号 {number} 已属于其他用户",
    "your role sees no whole numbers here: [access] whole_numbers in ccore.toml":
        "您的角色不能查看完整号码：见 ccore.toml 的 [access] whole_numbers",
    "numbers of a {what} are for {roles}": "{what}的号码仅限：{roles}",
    "there is no number of such a {what}": "没有这个{what}的号码",
    # the audit, alerts, displays
    "somebody looks at the chain just now": "正有人在核对审计链",
    "there is no such alert, or somebody has seen it before": "没有这个告警，或已有人确认",
    "you are not let in any more": "您已不能登录",
    "there is no such display, or it has ended": "没有这个大屏，或已停用",
    "this link was used before, or is too old: make a new one": "此链接已用过或已过期，请重新生成",
    # personal requests
    "there is one of this number that goes on": "此号码已有一个进行中的请求",
    "another admin has to confirm it: [access] erasure_by_two in ccore.toml":
        "须由另一位管理员确认：见 ccore.toml 的 [access] erasure_by_two",
    "it does not wait to be confirmed": "此请求不在等待确认",
    "it is over, or has begun": "此请求已结束或已开始执行",
    "only who asked for it may take it": "只有登记人可以领取",
    "there is no file to take: it is made once, and taken once": "没有可领取的文件：每个文件只生成一次、领取一次",
    "there is no such request": "没有这个请求",
}  # fmt: skip
