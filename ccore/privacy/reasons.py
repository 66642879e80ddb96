"""Why something of a person stays when they are erased, or stays without their number, in the words they are given."""

from ccore.privacy.model import Words

BOOKS = Words(
    "订单与酬金是账簿，依法保存；号码换成无法还原的假名",
    "orders and commission are books, which the law has kept; the number becomes a pseudonym nothing leads back from",
)
CONTRACT = Words(
    "产品仍在开通或使用中：合同未结束。请先退订，再申请删除",
    "the product is in use or on its way: the contract goes on. Cancel it, then ask again",
)
STATISTICS = Words(
    "话务统计靠它计算：只留下时间与结果，号码换成假名",
    "figures are counted from it: times and outcomes stay, the number becomes a pseudonym",
)
PROTECTS = Words("它保护的正是本人：删掉就又会被呼叫", "it protects the person: without it they would be called again")
EVIDENCE = Words(
    "向监管证明何时、凭谁的同意呼叫：自申请起 30 天后换成假名",
    "it shows regulators when they were called and by whose consent: after 30 days it has a pseudonym",
)
HELD = Words(
    "录音被保全（争议、案件或质检案例）：保全结束后可再申请",
    "it is held for a dispute, a case or the case library: when the hold is over, ask again",
)
CHAIN = Words(
    "审计与凭证链只增不改：改动一行，整条链就无法证明",
    "the audit is a chain that is never changed: it would prove nothing any more",
)
STAFF = Words(
    "员工本人的资料，属人事管理，在员工档案中修改", "it is the record of an employee, and belongs to personnel"
)
ABUSE = Words("防止恶意订购的禁止名单，属本公司的正当利益", "it keeps orders from being abused, which is our right")
GUESSED = Words(
    "防止 PIN 被猜测：尝试留下，号码换成假名", "it keeps PINs from being guessed: the tries stay, without the number"
)
WORK = Words(
    "员工工作的记录：只去掉其中的号码", "it is the record of an employee's work: the number is taken out of it"
)
NOBODY = Words("通话换成假名后，已与任何人无关", "it leads to nobody once the call it belongs to has a pseudonym")
FILES = Words(
    "话单文件由 Asterisk 写入，ccore 只读一次，不会再读回；按 [records] keep_days 到期删除",
    "Asterisk writes these files and ccore reads them once, never again; they go when [records] keep_days is over",
)
