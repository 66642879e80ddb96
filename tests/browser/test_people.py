"""Who may use ccore, what they did, and what ccore is: as an admin looks after it, and as the others feel it."""

import csv
import io
import json
import re
import time

import pytest
from playwright.sync_api import expect

from ccore import __version__
from ccore.people.service import WRONG_LIMIT
from tests.browser.admins import asked, at_sign_in, audited, sign_in, sure
from tests.browser.conftest import FULL, LANGUAGES, Axe, Console, Language, Looks, Picture, fits
from tests.support.console import PASSWORD

PHONE = (390, 844)
OWN = "a horse of my own 9"
GONE_WITHIN_S = 2.0  # promised of a page whose session is ended
STAFF = """工号,姓名,手机号,部门
P801,冯娟,13900000801,市场部/东区
P802,<b>褚卫</b>,13900000802,市场部/东区
P803,卫青,12,市场部/西区
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_looks(language: Language, console: Console, looks: Looks) -> None:
    english = language == "en"
    console.stack.person("supervisor", "hostile", name="<img src=x onerror=alert(1)>\u202eevil", agent="8044")
    page = console.as_("admin", language=language, path="/people")
    expect(page.get_by_role("row", name=re.compile("hostile"))).to_be_visible()
    looks(page, "people")
    page.goto("/people?login=hostile")
    expect(page.get_by_role("region", name="How they sign in" if english else "登录方式")).to_be_visible()
    looks(page, "person")
    page.goto("/people/roles")
    expect(page.get_by_role("button", name="Recordings" if english else "录音", exact=True)).to_be_visible()
    page.get_by_role("button", name="Recordings" if english else "录音", exact=True).click()
    looks(page, "roles")
    page.goto("/audit?subject=person:hostile")
    page.get_by_role("row", name=re.compile("hostile")).last.click()
    expect(page.get_by_role("region", name=re.compile("Entry|审计记录"))).to_be_visible()
    page.get_by_role("button", name="Check the chain" if english else "核对审计链").click()
    expect(page.get_by_text("Whole and unchanged" if english else "完整，未被改动", exact=True)).to_be_visible()
    looks(page, "audit")
    page.goto("/about")
    expect(page.get_by_text("All is well" if english else "一切正常")).to_be_visible()
    looks(page, "about")


def test_a_new_agent_signs_in_with_what_they_were_told_and_has_to_change_it(
    console: Console, axe: Axe, picture: Picture
) -> None:
    console.forgive(r"40[13] POST .*/api/v1/session$")
    console.forgive(r"409 POST .*/api/v1/people$")
    console.forgive(r"422 POST .*/api/v1/password$")
    page = console.as_("admin", path="/people")
    page.get_by_role("button", name="新建用户").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="创建").click()
    expect(dialog.get_by_text("请填写姓名")).to_be_visible()
    for label, text in {"登录名": "a-admin", "姓名": "王磊", "坐席号": "8101"}.items():
        dialog.get_by_label(label).fill(text)
    dialog.get_by_label("角色").select_option("坐席")
    axe(page)
    picture(page, "person-new")
    dialog.get_by_role("button", name="创建").click()
    expect(dialog.get_by_role("alert")).to_contain_text("登录名 a-admin 已被使用")
    dialog.get_by_label("登录名").fill("wang.lei")
    dialog.get_by_role("button", name="创建").click()
    once = page.get_by_role("status", name="王磊的首次密码")
    told = once.locator("code").inner_text()
    assert re.fullmatch("[a-z2-9]{4}(-[a-z2-9]{4}){2}", told)
    expect(once).to_contain_text("登录名 wang.lei")
    axe(page)
    picture(page, "person-told")
    once.get_by_role("button", name="复制").click()
    expect(page.get_by_text("已复制")).to_be_visible()
    once.get_by_role("button", name="我已记下，关闭").click()
    expect(page.get_by_text(told)).to_have_count(0)
    page.reload()
    expect(page.get_by_text("首次密码待本人修改")).to_be_visible()
    expect(page.get_by_text(told)).to_have_count(0)

    theirs = console.stranger(path="/")
    sign_in(theirs, "wang.lei", told)
    expect(theirs.get_by_role("heading", name="设置自己的密码")).to_be_visible()
    axe(theirs)
    picture(theirs, "sign-in-own")
    for password, complaint in ((told, "请不要沿用"), (OWN, "")):
        theirs.get_by_label("新密码", exact=True).fill(password)
        theirs.get_by_label("再次输入新密码").fill(password)
        theirs.get_by_role("button", name="设置并登录").click()
        if complaint:
            expect(theirs.get_by_role("alert")).to_contain_text(complaint)
    expect(theirs.get_by_role("button", name="我的账户：王磊")).to_be_visible()
    expect(theirs.get_by_role("navigation").first).to_contain_text("坐席")
    again = console.stranger(path="/")
    sign_in(again, "wang.lei", told)
    expect(again.get_by_role("alert")).to_contain_text("不正确")

    page.get_by_role("link", name="对此人的操作记录").click()
    for words in ("新建用户", "发放首次密码", "设置密码", "登录"):
        expect(audited(page, words)).not_to_have_count(0)


def test_another_role_holds_at_once_in_a_page_that_is_open(console: Console) -> None:
    console.forgive("401 GET")
    login = console.stack.person("agent", "li.na", name="李娜", agent="8102")
    theirs = console.as_("agent", login=login, path="/account")
    expect(theirs.get_by_role("heading", name="我的账户")).to_be_visible()
    page = console.as_("admin", path=f"/people?login={login}")
    page.get_by_role("region", name="身份与权限").get_by_label("角色").select_option("班长")
    page.get_by_role("button", name="更改角色").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("李娜将立即在所有浏览器退出，全部令牌作废；重新登录后只有“班长”的权限。")
    dialog.get_by_role("button", name="更改角色").click()
    at_sign_in(theirs)
    sign_in(theirs, login, PASSWORD)
    expect(theirs.get_by_role("navigation").first).to_contain_text("班长")
    page.get_by_role("link", name="对此人的操作记录").click()
    audited(page, "更改角色").click()
    entry = page.get_by_role("region", name=re.compile("审计记录"))
    expect(entry.get_by_role("row", name="角色 坐席 班长")).to_be_visible()


@pytest.mark.figures
def test_a_session_ended_here_is_over_there_within_a_second(console: Console) -> None:
    console.forgive("401 GET")
    login = console.stack.person("quality", "zhou", name="周周")
    theirs = console.as_("quality", login=login, path="/account")
    expect(theirs.get_by_text("实时", exact=True)).to_be_visible()
    page = console.as_("admin", path=f"/people?login={login}")
    sessions = page.get_by_role("region", name="登录中的浏览器")
    expect(sessions.get_by_role("row")).to_have_count(2)
    sessions.get_by_role("button", name="强制退出").click()
    page.get_by_role("dialog").get_by_role("button", name="强制退出").click()
    pressed = time.monotonic()
    at_sign_in(theirs)
    assert time.monotonic() - pressed < GONE_WITHIN_S or not FULL
    expect(sessions).to_contain_text("目前没有登录")
    theirs = console.as_("quality", login=login, path="/account")
    page.reload()
    sure(page, "停用")
    at_sign_in(theirs)
    expect(page.get_by_role("region", name="登录方式")).to_contain_text("已停用")
    console.forgive(r"401 POST .*/api/v1/session$")
    sign_in(theirs, login, PASSWORD)
    expect(theirs.get_by_role("alert")).to_contain_text("不正确")
    sure(page, "启用")
    page.get_by_role("link", name="对此人的操作记录").click()
    for words in ("强制退出登录", "停用用户", "启用用户"):
        expect(audited(page, words)).not_to_have_count(0)


def test_a_token_is_good_for_what_it_was_made_and_no_longer(console: Console, axe: Axe, picture: Picture) -> None:
    login = console.stack.person("supervisor", "chen", name="陈晨")
    page = console.as_("admin", path=f"/people?login={login}")
    tokens = page.get_by_role("region", name="程序令牌")
    tokens.get_by_role("button", name="新建令牌").click()
    tokens.get_by_label("用途").fill("<b>大屏</b>")
    tokens.get_by_label("范围").select_option("指定业务")
    expect(tokens.get_by_role("checkbox", name="审计")).to_have_count(0)  # no supervisor may do anything there
    tokens.get_by_role("checkbox", name="通话", exact=True).click()
    axe(page)
    picture(page, "person-token")
    tokens.get_by_role("button", name="生成令牌").click()
    once = page.get_by_role("status", name="令牌已生成")
    token = once.locator("code").inner_text()
    assert [asked(console, path, token) for path in ("/api/v1/calls", "/api/v1/agents")] == [200, 403]
    once.get_by_role("button", name="我已记下，关闭").click()
    expect(page.get_by_text(token)).to_have_count(0)
    row = tokens.get_by_role("row").filter(has_text="<b>大屏</b>")
    expect(row).to_contain_text("通话")
    sure(page, "作废", row)
    expect(tokens).to_contain_text("没有有效的令牌")
    assert asked(console, "/api/v1/calls", token) == 401
    page.get_by_role("link", name="对此人的操作记录").click()
    for words in ("发放令牌", "作废令牌"):
        expect(audited(page, words)).to_have_count(1)


def test_no_admin_locks_themselves_out(console: Console) -> None:
    console.forgive("409 (PUT|POST) .*/api/v1/people/a-admin/")
    page = console.as_("admin", path="/people?login=a-admin")
    for button in ("停用", "重置密码"):
        page.get_by_role("button", name=button, exact=True).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name=button, exact=True).click()
        expect(dialog.get_by_role("alert")).to_contain_text("不能对自己进行此操作")
        dialog.get_by_role("button", name="取消").click()
        expect(dialog).to_be_hidden()
    expect(page.get_by_role("region", name="登录中的浏览器")).to_contain_text("当前浏览器")


def test_who_is_locked_or_has_lost_their_second_factor_is_found_and_helped(console: Console) -> None:
    console.forgive("401 POST .*/api/v1/session$")
    login = console.stack.person("agent", "he", name="何洁", agent="8103")
    console.stack.run(
        console.stack.site.rows(
            "UPDATE people SET totp_secret = 'MFRGGZDF', totp_since = clock_timestamp() WHERE login = $1", login
        )
    )
    console.stack.run(
        console.stack.site.rows(
            "INSERT INTO sign_in_tries (login, address) SELECT $1, '192.0.2.7' FROM generate_series(1, $2)",
            login,
            WRONG_LIMIT,
        )
    )
    page = console.as_("admin", path="/people")
    page.get_by_label("状态").select_option("已锁定")
    page.get_by_label("动态验证码").select_option("已启用")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name=login).click()
    card = page.get_by_role("region", name="登录方式")
    sure(page, "解除锁定", card)
    expect(card).to_contain_text("未锁定")
    sure(page, "移除动态验证码", card)
    expect(card.get_by_role("button", name="移除动态验证码")).to_have_count(0)
    theirs = console.stranger(path="/account")
    sign_in(theirs, login, PASSWORD)
    expect(theirs.get_by_role("heading", name="我的账户")).to_be_visible()
    page.get_by_role("link", name="返回用户列表").click()
    expect(page.get_by_text("没有符合条件的记录")).to_be_visible()


def test_who_is_of_the_directory_has_no_password_here(console: Console) -> None:
    console.stack.run(
        console.stack.site.rows(
            "INSERT INTO people (login, name, role, directory, made_by) VALUES ('dora', '董朵', 'agent', true, 'x')"
        )
    )
    page = console.as_("admin", path="/people?login=dora")
    card = page.get_by_role("region", name="登录方式")
    expect(card).to_contain_text("由企业目录管理，本系统不保存")
    expect(card.get_by_role("button", name=re.compile("密码"))).to_have_count(0)
    expect(page.get_by_role("region", name="身份与权限").get_by_label("角色")).to_be_disabled()
    expect(page.get_by_text("角色由企业目录中的组决定")).to_be_visible()


def test_what_a_role_may_is_told_in_plain_words(console: Console) -> None:
    page = console.as_("admin", path="/people/roles")
    recordings = page.get_by_role("row").filter(has=page.get_by_role("button", name="录音", exact=True))
    expect(recordings).to_be_visible()
    cells = recordings.get_by_role("cell").all_inner_texts()
    heads = page.get_by_role("columnheader").all_inner_texts()[1:]
    told = dict(zip(heads, cells, strict=True))
    assert (told["坐席"], told["业务配置"], told["质检"]) == ("—", "—", "查看、操作")
    page.get_by_label("显示").select_option("质检")
    card = page.get_by_role("region", name="录音", exact=True)
    expect(card).to_contain_text("保全录音")
    expect(card).not_to_contain_text("解除保全")
    expect(page.get_by_role("region", name="用户与角色")).to_have_count(0)


def test_a_list_of_employees_is_checked_and_taken_in(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("admin", path="/people/staff")
    picker = page.locator("input[type=file]")
    picker.set_input_files({"name": "员工.csv", "mimeType": "text/csv", "buffer": STAFF.encode("gb18030")})
    report = page.get_by_role("region", name="逐行结果")
    expect(report).to_contain_text("已检查，尚未导入")
    expect(report.locator("[data-rows=new]")).to_have_text("2")
    expect(report.get_by_role("row", name="4 手机号 12 不是有效的电话号码")).to_be_visible()
    rows = console.stack.site.rows("SELECT FROM employees WHERE number LIKE 'P80%'")
    assert not console.stack.run(rows), "nothing is taken in yet"
    axe(page)
    picture(page, "people-staff")
    report.get_by_role("button", name="导入 2 人").click()
    expect(report.get_by_text("已导入", exact=True)).to_be_visible()
    expect(report).to_contain_text("2 名新员工可以登录，已发送 2 条短信验证码")
    page.get_by_role("link", name="用户", exact=True).click()
    page.get_by_label("登录名、姓名或号码").fill("P802")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("row", name="p802 <b>褚卫</b> 营销员工")).to_be_visible()


def test_the_audit_is_searched_opened_and_exported(console: Console) -> None:
    note = "INSERT INTO audit (actor, action, subject, detail) VALUES ('chen', $1, $2, $3::jsonb)"
    for action, subject, detail in (
        ("number-unmasked", "order:77", {}),
        ("number-unmasked", "call:node1!9.1", {}),
        ("recording-heard", "recording:12", {"way": "=HYPERLINK(1)", "from_ms": 0}),
        ("something-new", "thing:1", {"<b>": "</b>"}),
    ):
        console.stack.run(console.stack.site.rows(note, action, subject, json.dumps(detail)))
    refused = json.dumps({"why": ["locked", "password"], "address": "192.0.2.1", "count": 12})
    anonymous = note.replace("'chen'", "'?'")
    console.stack.run(console.stack.site.rows(anonymous, "sign-in-refused", "unknown-person:eve", refused))
    page = console.as_("admin", path="/audit")
    page.get_by_role("button", name="查看过完整号码").click()
    expect(audited(page, "查看完整号码")).to_have_count(2)
    page.get_by_label("对象", exact=True).select_option("订单")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("table", name="审计").get_by_role("row")).to_have_count(2)
    expect(audited(page, "订单 77")).to_be_visible()
    page.get_by_role("button", name="清空条件").click()
    page.get_by_label("内容包含").fill("hyperlink")
    page.get_by_role("button", name="查询").click()
    audited(page, "收听录音").click()
    entry = page.get_by_role("region", name=re.compile("审计记录"))
    expect(entry).to_contain_text("=HYPERLINK(1)")
    page.reload()
    expect(entry).to_contain_text("=HYPERLINK(1)")
    page.get_by_label("内容包含").fill("</b>")
    page.get_by_role("button", name="查询").click()
    expect(audited(page, "something-new")).to_be_visible()
    page.get_by_role("button", name="清空条件").click()
    page.get_by_label("结果", exact=True).select_option("被拒绝")
    page.get_by_role("button", name="查询").click()
    audited(page, "未知登录名 eve").click()
    for words in ("被拒绝", "未登录", "错误次数过多，已锁定 · 密码错误", "192.0.2.1"):
        expect(entry).to_contain_text(words)
    page.get_by_role("button", name="清空条件").click()
    page.get_by_label("操作人（登录名）").fill("chen")
    page.get_by_label("操作", exact=True).select_option("收听录音")
    with page.expect_download() as loading:
        page.get_by_role("link", name="导出 CSV").or_(page.get_by_role("button", name="导出 CSV")).click()
    lines = list(csv.reader(io.StringIO(loading.value.path().read_text(encoding="utf-8-sig"))))
    assert [line[2:5] for line in lines] == [["who", "action", "subject"], ["chen", "recording-heard", "recording:12"]]
    page.get_by_role("button", name="审计导出").click()
    expect(audited(page, "导出审计记录")).not_to_have_count(0)


def test_who_changes_the_audit_is_found_out(console: Console, axe: Axe, picture: Picture) -> None:
    site = console.stack.site

    def changed(number: int, actor: str) -> None:
        for query in (
            "ALTER TABLE audit DISABLE TRIGGER append_only",
            f"UPDATE audit SET actor = '{actor}' WHERE audit_id = {number}",
            "ALTER TABLE audit ENABLE TRIGGER append_only",
        ):
            console.stack.run(site.rows(query))

    page = console.as_("admin", path="/audit")
    page.get_by_role("button", name="核对审计链").click()
    chain = page.get_by_role("region", name="防篡改核对")
    expect(chain).to_contain_text("完整，未被改动")
    console.stack.run(site.until("SELECT count(*) > 0 FROM audit_seals", expected=True))
    (first,) = console.stack.run(
        site.rows("SELECT audit_id, actor FROM audit JOIN audit_seals USING (audit_id) ORDER BY audit_id LIMIT 1")
    )
    changed(first["audit_id"], "somebody-else")
    page.get_by_role("button", name="重新核对").click()
    expect(chain).to_contain_text(f"记录 {first['audit_id']} 的内容与封印时不同")
    expect(chain.get_by_text("已被改动", exact=True)).to_be_visible()
    axe(page)
    picture(page, "audit-changed")
    changed(first["audit_id"], first["actor"])
    page.get_by_role("button", name="重新核对").click()
    expect(chain).to_contain_text("全部与写入时一致")
    chain.get_by_text("链尾指纹").first.click()
    chain.get_by_label("以前的链尾指纹").fill("0" * 64)
    chain.get_by_role("button", name="比对").click()
    expect(chain).to_contain_text("整条链被截断或重写")


def test_about_is_for_everybody_and_says_more_to_admins(console: Console) -> None:
    page = console.as_("agent", path="/account")
    page.get_by_role("button", name=re.compile("我的账户：")).click()
    page.get_by_text("关于系统", exact=True).click()
    versions = page.get_by_role("region", name="版本", exact=True)
    expect(versions).to_contain_text(f"ccore{__version__}")
    expect(versions.locator("dd").nth(1)).to_have_text(re.compile(r"^[0-9]+\.[0-9]+"))  # Asterisk's own word
    expect(versions).not_to_contain_text("PostgreSQL")
    expect(page.get_by_text("一切正常")).to_be_visible()
    for name in ("业务配置手册", "运行与部署手册", "接口文档", "许可"):
        address = page.get_by_role("link", name=re.compile(name)).get_attribute("href")
        assert page.context.request.get(f"{console.stack.url}{address}").ok, address
    fits(page)
    admins = console.as_("admin", path="/about")
    expect(admins.get_by_role("region", name="版本", exact=True)).to_contain_text("PostgreSQL")


def test_on_a_narrow_screen_nothing_is_cut(console: Console, picture: Picture) -> None:
    page = console.as_("admin", path="/people", size=PHONE)
    for path, name in (
        ("/people", "people"),
        ("/people?login=a-admin", "person"),
        ("/people/roles", "roles"),
        ("/people/staff", "people-staff"),
        ("/audit", "audit"),
        ("/about", "about"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading").first).to_be_visible()
        expect(page.get_by_text("正在加载")).to_have_count(0)
        fits(page)
        picture(page, f"{name}-narrow")


def test_who_is_no_admin_finds_none_of_it(console: Console) -> None:
    page = console.as_("supervisor", path="/account")
    for path in ("/people", "/people/roles", "/audit"):
        page.goto(path)
        expect(page.get_by_role("heading", name="您无权查看此页面")).to_be_visible()
