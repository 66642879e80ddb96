"""The map of personal data: every place in PostgreSQL where something of a person may stand, in order of erasure."""

from ccore.privacy import reasons
from ccore.privacy.model import Fate, Hand, Kept, Place, Ref, Tie, Words

_CALL_ID = Tie("call_id", Ref.CALL)
_LINKED = Tie("linkedid", Ref.CALL)
_OF_KEY = Tie("call_key", Ref.CALL_KEY)
_IN_CALLS = (_LINKED, Tie("linkedid", Ref.PASSING))
_ENDED_ORDER = "('rejected', 'expired', 'cancelled')"
_OF_LIVE_ORDER = (
    "t.state IN ('queued', 'sending') AND EXISTS (SELECT FROM orders o WHERE o.order_id = t.order_id"
    f" AND o.state NOT IN {_ENDED_ORDER})"
)
# Marks of a walk are node:outcome:key:target; one key is a choice in a menu, more may be an account or a card.
_UNKEYED = r"regexp_replace(t.eventextra, ':([a-z-]+):[0-9*#]{2,}:', ':\1::', 'g')"
_NOT_UNDER_WAY = "CASE WHEN t.state = 'open' THEN 'cancelled' ELSE t.state END"


def _number(column: str) -> Tie:
    return Tie(column, Ref.NUMBER)


PEOPLE = (
    Place(
        "customers", "customers", Words("客户资料", "Customer record"), Fate.DELETED, (_number("number"),),
    ),
    Place(
        "last_served", "last_served", Words("上次服务的坐席", "Who served them last"), Fate.DELETED,
        (_number("number"),),
    ),
    Place(
        "do_not_call", "do_not_call", Words("免打扰名单", "Do-not-call"), Fate.KEPT, (_number("number"),),
        why=reasons.PROTECTS,
    ),
    Place(
        "do_not_call_prefixes", "do_not_call_prefixes", Words("免打扰号段", "Do-not-call prefixes"), Fate.KEPT,
        (_number("prefix"),), why=reasons.PROTECTS,
    ),
    Place(
        "barred_numbers", "barred_numbers", Words("禁止订购名单", "Barred from ordering"), Fate.KEPT,
        (_number("number"),), why=reasons.ABUSE,
    ),
)  # fmt: skip

OUTBOUND = (
    Place(
        "contact_call_backs", "contact_call_backs", Words("外呼预约回访", "Appointments to be called"), Fate.DELETED,
        (Tie("contact_id", Ref.CONTACT),), hand=Hand.LISTS,
    ),
    Place(
        "contact_numbers", "contact_numbers", Words("名单联系人的号码", "Numbers of contacts"), Fate.DELETED,
        (_number("number"), Tie("contact_id", Ref.CONTACT)), gives={Ref.CONTACT: "t.contact_id"}, hand=Hand.LISTS,
    ),
    Place(
        "contacts", "contacts", Words("外呼名单", "Contacts of lists"), Fate.DELETED,
        (_number("number"), Tie("contact_id", Ref.CONTACT)), gives={Ref.CONTACT: "t.contact_id"}, hand=Hand.LISTS,
    ),
    Place(
        "upload_rows", "upload_rows", Words("正在导入的名单", "Lists being uploaded"), Fate.DELETED,
        (_number("number"), Tie("others", Ref.NUMBER, many=True)),
    ),
    Place(
        "upload_faults", "upload_faults", Words("名单导入的问题行", "Rows of lists that were refused"), Fate.DELETED,
        (_number("number"),), mention=("shown",),
    ),
    Place(
        "previews", "previews", Words("外呼预览", "Previews shown to agents"), Fate.REPLACED,
        (_number("number"), Tie("contact_id", Ref.CONTACT)), sets={"number": "NULL", "reason": "''"},
        why=reasons.STATISTICS,
    ),
    Place(
        "attempts", "attempts", Words("外呼记录", "Calls of campaigns"), Fate.KEPT,
        (_number("number"), Tie("attempt_id", Ref.ATTEMPT)),
        gives={Ref.ATTEMPT: "t.attempt_id", Ref.CALL: "t.channel"}, why=reasons.EVIDENCE,
    ),
    Place(
        "consents", "consents", Words("同意记录", "Consents"), Fate.KEPT, (_number("number"),), why=reasons.EVIDENCE,
    ),
    Place(
        "erased_numbers", "erased_numbers", Words("待换假名的号码", "Numbers that wait for a pseudonym"), Fate.KEPT,
        (_number("number"),), why=reasons.EVIDENCE, told=False,
    ),
)  # fmt: skip

SOLD = (
    Place(
        "orders", "orders", Words("订单", "Orders"), Fate.REPLACED, (_number("subscriber"),),
        gives={Ref.ORDER: "t.order_id", Ref.CALL_KEY: "t.call_key"}, numbers=("subscriber",), why=reasons.BOOKS,
        kept=Kept(f"t.state NOT IN {_ENDED_ORDER}", reasons.CONTRACT), hides=("earns", "rule_id"),
    ),
    Place(
        "order_attempts", "order_attempts", Words("订购尝试", "Tries to order"), Fate.REPLACED,
        (_number("caller"), _number("subscriber")), gives={Ref.CALL_KEY: "t.call_key"},
        numbers=("caller", "subscriber"), why=reasons.BOOKS,
    ),
    Place(
        "order_moves", "order_moves", Words("订单状态变化", "What became of orders"), Fate.REPLACED,
        (Tie("order_id", Ref.ORDER),), mention=("reason",), numbers=("reason",), why=reasons.BOOKS, sealed=True,
    ),
    Place(
        "provisionings", "provisionings", Words("产品开通", "Switching products on and off"), Fate.REPLACED,
        (Tie("order_id", Ref.ORDER),), mention=("reason",), numbers=("reason",), why=reasons.BOOKS,
    ),
    Place(
        "fraud_flags", "fraud_flags", Words("订单疑点", "Doubts about orders"), Fate.REPLACED,
        (Tie("order_id", Ref.ORDER),), mention=("detail", "ended_why"), numbers=("ended_why",), jsons=("detail",),
        why=reasons.BOOKS, told=False,
    ),
    Place(
        "commission_postings", "commission_postings", Words("酬金凭证", "Commission ledger"), Fate.KEPT,
        mention=("note",), why=reasons.BOOKS, told=False,
    ),
    Place(
        "commission_dispute_notes", "commission_dispute_notes", Words("酬金争议", "Disputes over commission"),
        Fate.KEPT, mention=("note",), why=reasons.BOOKS, told=False,
    ),
)  # fmt: skip

TEXTS = (
    Place(
        "outbox", "outbox", Words("发给本人的短信", "Texts to them"), Fate.REPLACED, (_number("recipient"),),
        gives={Ref.MESSAGE: "t.message_id"}, numbers=("recipient",),
        sets={
            "params": "'{}'", "body": "NULL", "reason": "''",
            "state": "CASE WHEN t.state = 'queued' THEN 'cancelled' ELSE t.state END",
            "ended_at": "CASE WHEN t.state = 'queued' THEN clock_timestamp() ELSE t.ended_at END",
        },
        why=reasons.STATISTICS, kept=Kept(_OF_LIVE_ORDER, reasons.CONTRACT),
    ),
    Place(
        "outbox_others", "outbox", Words("提到号码的其他短信", "Texts to others that name the number"), Fate.REPLACED,
        mention=("params", "body", "reason"), numbers=("body", "reason"), jsons=("params",), why=reasons.STATISTICS,
        besides=(_number("recipient"),), told=False, kept=Kept(_OF_LIVE_ORDER, reasons.CONTRACT),
    ),
    Place(
        "receipts", "receipts", Words("短信回执", "Receipts of texts"), Fate.REPLACED,
        (Tie("message_id", Ref.MESSAGE),), sets={"detail": "''"}, why=reasons.STATISTICS,
    ),
    Place(
        "inbox", "inbox", Words("本人发来的短信", "Texts from them"), Fate.REPLACED, (_number("sender"),),
        numbers=("sender",), sets={"body": "''", "outcome": "''"}, why=reasons.STATISTICS,
    ),
    Place(
        "inbox_others", "inbox", Words("提到号码的其他来信", "Texts from others that name the number"), Fate.REPLACED,
        mention=("body",), numbers=("body",), why=reasons.STATISTICS, besides=(_number("sender"),), told=False,
    ),
    Place(
        "texts_handled", "texts_handled", Words("短信办理", "What was done for texts"), Fate.REPLACED,
        (_number("sender"),), gives={Ref.CALL_KEY: "t.call_key"}, mention=("asked",),
        numbers=("sender", "asked"), why=reasons.STATISTICS,
    ),
)  # fmt: skip

CALLS = (
    Place(
        "folded_calls", "folded_calls", Words("通话", "Calls"), Fate.REPLACED,
        (_number("caller"), _number("dialled"), _LINKED, Tie("call_keys", Ref.CALL_KEY, many=True)),
        gives={Ref.CALL: "t.linkedid", Ref.CALL_KEY: "unnest(t.call_keys)"},
        mention=("channel", "hangup_source", "trunk"),
        numbers=("caller", "dialled", "channel", "hangup_source", "trunk"), sets={"caller_name": "''"},
        why=reasons.STATISTICS,
    ),
    Place(
        "cdr", "cdr", Words("话单", "Call detail records"), Fate.REPLACED,
        mention=("src", "dst", "clid", "channel", "dstchannel", "lastdata", "userfield", "accountcode", "mended"),
        within=_IN_CALLS, gives={Ref.PASSING: "t.linkedid"},
        numbers=("src", "dst", "channel", "dstchannel", "lastdata", "userfield", "accountcode", "mended"),
        sets={"clid": "''"}, why=reasons.STATISTICS, hides=("digest",),
    ),
    Place(
        "cel", "cel", Words("通话事件", "Channel events"), Fate.REPLACED,
        mention=("cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "channame", "appdata", "peer",
                 "eventextra", "userfield", "accountcode", "mended"),
        within=_IN_CALLS, gives={Ref.PASSING: "t.linkedid"},
        numbers=("cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "channame", "appdata", "peer", "eventextra",
                 "userfield", "accountcode", "mended"),
        sets={"cid_name": "''"}, why=reasons.STATISTICS, hides=("digest",),
    ),
    Place(
        "cel_keyed",
        "cel",
        Words("通话中键入的数字", "Digits keyed in calls"),
        Fate.REPLACED,
        (_LINKED,),
        only="t.eventtype = 'CCORE_WALK'",
        sets={"eventextra": _UNKEYED},
        why=reasons.STATISTICS,
        told=False,
    ),
    Place(
        "call_record_rejects", "call_record_rejects", Words("未能读入的话单行", "Rows of records that made no sense"),
        Fate.REPLACED, mention=("raw", "reason"), numbers=("raw", "reason"), why=reasons.STATISTICS,
        hides=("digest",),
    ),
    Place(
        "call_statistics", "call_statistics", Words("话务统计中的被叫号", "Figures of calls to the number"),
        Fate.REPLACED, (_number("dialled"),), mention=("trunk",), numbers=("dialled", "trunk"),
        why=reasons.STATISTICS, told=False,
    ),
    Place(
        "walks", "walks", Words("菜单行走", "Ways through menus"), Fate.REPLACED, (_number("caller"), _LINKED),
        gives={Ref.CALL: "t.linkedid"}, mention=("target",), numbers=("caller", "target"), why=reasons.STATISTICS,
    ),
    Place(
        "walk_steps", "walk_steps", Words("菜单按键", "Keys pressed in menus"), Fate.REPLACED, (_LINKED,),
        numbers=("target",), sets={"key": "CASE WHEN length(t.key) > 1 THEN '' ELSE t.key END"}, why=reasons.STATISTICS,
    ),
    Place(
        "queue_calls", "queue_calls", Words("排队", "Waiting in queues"), Fate.REPLACED,
        (_number("caller"), _LINKED), gives={Ref.CALL: "t.linkedid"}, numbers=("caller",), why=reasons.STATISTICS,
    ),
    Place(
        "visits", "visits", Words("进入队列的决定", "How queues took them"), Fate.REPLACED,
        (_number("number"), _OF_KEY), gives={Ref.CALL_KEY: "t.call_key"}, numbers=("number",),
        jsons=("decision", "raised"), why=reasons.STATISTICS,
    ),
    Place(
        "offers", "offers", Words("振铃坐席的决定", "Which agents rang for them"), Fate.REPLACED, (_OF_KEY,),
        mention=("decision",), jsons=("decision",), why=reasons.STATISTICS, told=False,
    ),
    Place(
        "call_backs", "call_backs", Words("回电", "Call-backs"), Fate.REPLACED, (_number("number"), _OF_KEY),
        gives={Ref.CALL_KEY: "t.call_key"}, numbers=("number",),
        sets={"reason": "''", "state": _NOT_UNDER_WAY,
              "ended_at": "CASE WHEN t.state = 'open' THEN clock_timestamp() ELSE t.ended_at END"},
        why=reasons.STATISTICS,
    ),
    Place(
        "voicemails", "voicemails", Words("语音留言", "Voicemail"), Fate.DELETED, (_number("caller"), _OF_KEY),
        gives={Ref.CALL_KEY: "t.call_key"}, hides=("audio",),
    ),
    Place(
        "survey_answers", "survey_answers", Words("满意度评价", "Answers to surveys"), Fate.KEPT, (_OF_KEY,),
        why=reasons.NOBODY,
    ),
    Place(
        "agent_tries", "agent_tries", Words("坐席签入尝试", "Tries to sign in as an agent"), Fate.REPLACED,
        (_number("caller"),), numbers=("caller",), why=reasons.GUESSED,
    ),
    Place(
        "announcer_tries", "announcer_tries", Words("公告录制尝试", "Tries to record announcements"), Fate.REPLACED,
        (_number("caller"),), numbers=("caller",), why=reasons.GUESSED,
    ),
    Place(
        "enquiry_tries", "enquiry_tries", Words("酬金查询尝试", "Tries to ask for commission"), Fate.REPLACED,
        (_number("caller"),), numbers=("caller",), why=reasons.GUESSED,
    ),
)  # fmt: skip

HANDLED = (
    Place(
        "call_notes", "call_notes", Words("坐席备注", "Notes of agents"), Fate.DELETED, (_CALL_ID,),
    ),
    Place(
        "call_notes_others", "call_notes", Words("提到号码的其他备注", "Other notes that name the number"),
        Fate.REPLACED, mention=("text",), numbers=("text",), why=reasons.WORK, besides=(_CALL_ID,), told=False,
    ),
    Place(
        "dispositions", "dispositions", Words("话务小结", "Dispositions"), Fate.REPLACED, (_CALL_ID,),
        sets={"fields": "'{}'"}, why=reasons.STATISTICS,
    ),
    Place(
        "dispositions_others", "dispositions", Words("提到号码的其他小结", "Other dispositions that name the number"),
        Fate.REPLACED, mention=("fields",), jsons=("fields",), why=reasons.WORK, besides=(_CALL_ID,), told=False,
    ),
    Place(
        "handlings", "handlings", Words("坐席操作", "What agents did with calls"), Fate.REPLACED, (_CALL_ID,),
        mention=("detail",), jsons=("detail",), why=reasons.WORK, sealed=True,
    ),
    Place(
        "recordings", "recordings", Words("录音", "Recordings"), Fate.DELETED, (_number("number"), _CALL_ID, _OF_KEY),
        gives={Ref.RECORDING: "t.recording_id", Ref.CALL: "t.call_id"}, hand=Hand.RECORDINGS,
        kept=Kept("recording_held(t)", reasons.HELD), only="t.state <> 'erased'",
        hides=("key_id", "object", "storage", "stem"),
    ),
    Place(
        "recording_holds", "recording_holds", Words("录音保全", "Holds on recordings"), Fate.KEPT,
        (_number("value"),), mention=("reason",), why=reasons.HELD,
    ),
    Place(
        "cases", "cases", Words("案例库", "Case library"), Fate.REPLACED, (Tie("recording_id", Ref.RECORDING),),
        mention=("title", "why", "tags"), numbers=("title", "why"), why=reasons.WORK, told=False, covers=("tags",),
    ),
    Place(
        "coaching_notes", "coaching_notes", Words("辅导批注", "Coaching notes"), Fate.REPLACED,
        (Tie("recording_id", Ref.RECORDING),), mention=("text",), numbers=("text",), why=reasons.WORK, told=False,
    ),
    Place(
        "reviews", "reviews", Words("质检评分", "Quality reviews"), Fate.REPLACED,
        (Tie("recording_id", Ref.RECORDING),), mention=("summary", "comments", "answers"), numbers=("summary",),
        jsons=("comments", "answers"), why=reasons.WORK, told=False,
    ),
    Place(
        "review_steps", "review_steps", Words("质检过程", "Steps of reviews"), Fate.REPLACED,
        mention=("note", "answers"), numbers=("note",), jsons=("answers",), why=reasons.WORK, told=False, sealed=True,
    ),
)  # fmt: skip

OFFICE = (
    Place(
        "idempotent_requests", "idempotent_requests", Words("刚答复的请求", "Answers just given"), Fate.DELETED,
        binary=("body",), told=False,
    ),
    Place(
        "call_log_places", "call_log_places", Words("正在读取的话单文件开头", "How the files being read begin"),
        Fate.KEPT, binary=("head",), why=reasons.FILES, told=False,
    ),
    Place(
        "employees", "employees", Words("员工档案", "Employees"), Fate.KEPT, (_number("phone"), _number("number")),
        why=reasons.STAFF, told=False,
    ),
    Place(
        "employee_numbers", "employee_numbers", Words("员工电话", "Telephones of employees"), Fate.KEPT,
        (_number("number"),), why=reasons.STAFF, told=False,
    ),
    Place(
        "agents", "agents", Words("坐席手机", "Mobile phones of agents"), Fate.KEPT, (_number("mobile"),),
        why=reasons.STAFF, told=False,
    ),
    Place(
        "audit", "audit", Words("审计", "Audit"), Fate.KEPT, mention=("subject", "detail"), why=reasons.CHAIN,
    ),
    Place(
        "erasures", "erasures", Words("录音销毁凭证", "Proofs of erasure"), Fate.KEPT, mention=("reason",),
        why=reasons.CHAIN, told=False,
    ),
    Place(
        "recording_listens", "recording_listens", Words("录音调听记录", "Who heard recordings"), Fate.KEPT,
        (Tie("recording_id", Ref.RECORDING),), why=reasons.CHAIN, hides=("from_byte", "until_byte"),
    ),
)  # fmt: skip

# Recordings and contacts first: others' statements need to know nothing of them, and they may have to wait.
PLACES: tuple[Place, ...] = (*OUTBOUND, *HANDLED, *TEXTS, *CALLS, *SOLD, *PEOPLE, *OFFICE)
