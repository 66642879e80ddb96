"""Those who sell, on the screen of a telephone: they claim, spread their number, and see an order as it is placed."""

import re
from itertools import count

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FULL, Axe, Console, Language, Looks, Picture, fits
from tests.support import sip

PHONE = (390, 844)
PROMISED_S = 2.0
LOOKS = "13813000000"  # calls for the pictures, once
CALLERS = map("138{:08d}".format, count(13_000_001))
# Puts the moment at which an order's row is on the page, by the page's own clock, into the row.
WATCH = """() => {
  window.arrived = {};
  const look = () => {
    for (const row of document.querySelectorAll("[data-order]")) {
      window.arrived[row.dataset.order] ??= { at: row.dataset.at, seen: Date.now() };
    }
    requestAnimationFrame(look);
  };
  look();
}"""


def seller(console: Console, number: str) -> str:
    """The login of an employee of the demo firm."""
    return console.stack.person("employee", f"e-{number.lower()}", name="王芳", employee=number)


def order_by_call(console: Console, number: str, caller: str = "") -> None:
    """A call to a number by somebody who has never called."""
    placing = sip.place(console.stack.site.sip_port, [(caller or next(CALLERS), number)], rate=1)
    (call,) = console.stack.run(placing)
    assert call.answered


@pytest.mark.figures
def test_a_product_is_claimed_and_a_call_to_its_number_raises_the_page(console: Console, axe: Axe) -> None:
    login = seller(console, "E050")
    page = console.as_("employee", login=login, path="/my", size=PHONE)
    expect(page.get_by_role("heading", name="我的号码")).to_be_visible()
    page.get_by_role("navigation", name="常用页面").get_by_role("link", name="认领产品").click()
    offer = page.get_by_role("article", name="视频会员月卡")
    expect(offer).to_contain_text("¥19.90")
    expect(offer).to_contain_text("每单酬金 12.5%（约 ¥2.49）")
    held = page.get_by_role("article", name="5GB流量包")
    expect(held).to_contain_text("每个产品只能认领一次")
    expect(held.get_by_role("button", name="认领", exact=True)).to_have_count(0)
    offer.get_by_role("button", name="认领", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="认领").click()
    card = page.get_by_role("article", name=re.compile("视频会员月卡"))
    expect(card).to_contain_text("该产品今日 0 单")
    number = card.get_attribute("data-number")
    assert number is not None
    assert re.fullmatch(r"1008611\d{3}", number)
    expect(card.get_by_role("link", name=re.compile("^10086 11 ")).first).to_have_attribute("href", f"tel:{number}")
    expect(card.get_by_role("link", name=f"发送短信 {number[5:]} 到 10086")).to_have_attribute(
        "href", f"sms:10086?body={number[5:]}"
    )
    fits(page)
    expect(page.locator("[data-sum=orders]")).to_have_text("0")

    page.evaluate(WATCH)
    order_by_call(console, number)
    expect(page.locator("[data-sum=orders]")).to_have_text("1")
    expect(page.locator("[data-sum=commission]")).to_have_text("¥2.49")
    expect(card).to_contain_text("该产品今日 1 单")
    expect(page.get_by_role("list", name="今日订单").get_by_text("视频会员月卡")).to_be_visible()
    page.wait_for_function("() => Object.keys(window.arrived).length > 0")  # by the next frame
    took = page.evaluate(
        "() => Object.values(window.arrived).map(({ at, seen }) => (seen - Date.parse(at)) / 1000)"
    )  # both clocks are this machine's
    assert len(took) == 1
    print(f"an order by telephone is on its seller's page {took[0]:.2f} s after it was placed")
    assert took[0] < PROMISED_S or not FULL
    axe(page)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_how_it_looks(language: Language, console: Console, looks: Looks) -> None:
    zh = language == "zh"
    login = seller(console, "E003")
    if not console.stack.run(
        console.stack.site.value("SELECT count(*) FROM orders WHERE subscriber = $1", f"+86{LOOKS}")
    ):
        order_by_call(console, "1008610003", LOOKS)
    page = console.as_("employee", login=login, language=language, path="/my", size=PHONE)
    expect(page.locator("[data-sum=orders]")).not_to_have_text("0")
    expect(page.locator("[data-sum=commission]")).to_have_text(re.compile(r"^¥\d+\.\d\d$"))
    expect(page.locator("[data-order] time").first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    expect(page.get_by_role("article", name=re.compile("5GB流量包" if zh else "5 GB data pack"))).to_be_visible()
    for name, path, heading in (
        ("my", "/my", "我的号码" if zh else "My numbers"),
        ("my-pool", "/my/pool", "认领产品" if zh else "Claim"),
        ("my-sales", "/my/sales", "我的业绩" if zh else "My sales"),
        ("my-commission", "/my/commission", "我的酬金" if zh else "My pay"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        expect(page.get_by_role("main").get_by_text(re.compile("正在加载" if zh else "Loading"))).to_have_count(0)
        fits(page)
        height = max(PHONE[1], page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": PHONE[0], "height": height})  # the bar stands at the end
        looks(page, name)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


def test_the_code_the_words_to_share_and_an_order_for_a_customer(console: Console, axe: Axe, picture: Picture) -> None:
    stack = console.stack
    stack.run(stack.site.rows("UPDATE products SET ways = '{call,sms,web}' WHERE code = '12'"))
    page = console.as_("employee", login=seller(console, "E004"), path="/my", size=PHONE)
    page.evaluate("() => { navigator.share = ({ text }) => { window.shared = text; return Promise.resolve(); }; }")
    card = page.get_by_role("article", name=re.compile("5G畅享套餐"))
    card.get_by_role("button", name="分享").click()
    assert "拨打 1008612004 即可办理" in page.evaluate("window.shared")
    assert "发送短信 12004 到 10086" in page.evaluate("window.shared")
    card.get_by_role("button", name="二维码").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("img", name="二维码：tel:1008612004")).to_be_visible()
    axe(page)
    picture(page, "my-code")
    dialog.get_by_text("发送短信", exact=True).click()
    expect(dialog.get_by_role("img", name="二维码：SMSTO:10086:12004")).to_be_visible()
    page.keyboard.press("Escape")
    card.get_by_role("button", name="更多操作").click()
    card.get_by_role("button", name="代客下单").click()
    customer = next(CALLERS)
    page.get_by_role("textbox", name="客户手机号").fill(customer)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("dialog")).to_contain_text("请客户查收短信并回复 Y")
    page.keyboard.press("Escape")
    expect(page.get_by_role("list", name="今日订单")).to_contain_text("待客户确认")
    asked = stack.run(stack.site.value("SELECT kind FROM outbox WHERE recipient = $1", f"+86{customer}"))
    assert asked == "confirm-request"


def test_a_claim_is_given_back(console: Console) -> None:
    page = console.as_("employee", login=seller(console, "E005"), language="en", path="/my", size=PHONE)
    card = page.get_by_role("article", name=re.compile("Video membership"))
    card.get_by_role("button", name="More").click()
    card.get_by_role("button", name="End claim").click()
    page.get_by_role("dialog").get_by_role("button", name="End claim").click()
    expect(card).to_have_count(0)
    page.goto("/my/pool")
    again = page.get_by_role("article", name="Video membership, one month")
    expect(again.get_by_role("button", name="Claim", exact=True)).to_be_visible()


def test_who_is_barred_or_has_enough_reads_why_before_the_tap(console: Console, axe: Axe, picture: Picture) -> None:
    stack = console.stack
    login = seller(console, "E060")
    stack.run(
        stack.site.rows(
            "INSERT INTO claim_bars (employee_id, period_id, because_of, detail) "
            "SELECT e.employee_id, p.period_id, p.period_id, $2::jsonb "
            "FROM employees e, sales_periods p WHERE e.number = $1 AND p.span @> now()",
            "E060",
            '{"rank": 99, "of": 100}',
        )
    )
    page = console.as_("employee", login=login, path="/my/pool", size=PHONE)
    expect(page.get_by_role("note")).to_contain_text("第 99 名（共 100 名）")
    offer = page.get_by_role("article", name="视频会员月卡")
    expect(offer).to_contain_text("本期不能认领")
    expect(page.get_by_role("button", name="认领", exact=True)).to_have_count(0)
    axe(page)
    picture(page, "my-barred")
    page.get_by_role("link", name="查看我的排名").click()
    expect(page.get_by_role("note")).to_contain_text("请经理特批")


def test_what_an_order_earned_is_disputed_and_a_pin_is_set(console: Console, axe: Axe) -> None:
    order_by_call(console, "1008610006")
    page = console.as_("employee", login=seller(console, "E006"), path="/my/commission", size=PHONE)
    entry = page.get_by_role("region", name="酬金明细").get_by_role("listitem").filter(has_text="订单酬金")
    expect(entry).to_contain_text("¥2.00")
    entry.get_by_role("button", name="有异议").click()
    hostile = "<img src=x onerror=alert(1)> 少算了 10%"
    page.get_by_role("dialog").get_by_role("textbox", name="理由").fill(hostile)
    page.get_by_role("dialog").get_by_role("button", name="提交").click()
    disputes = page.get_by_role("region", name="我的异议")
    disputes.get_by_role("button", name=re.compile("待答复")).click()
    expect(page.get_by_role("dialog").get_by_text(hostile)).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    pin = page.get_by_role("region", name="电话查询密码")
    expect(pin.get_by_role("link", name="1008619000006")).to_be_visible()
    console.forgive("422 PUT .*/commission/pin")
    for digits, said in (("123456", "电话密码过于简单"), ("502817", "")):
        pin.get_by_label("新密码").fill(digits)
        pin.get_by_label("再次输入").fill(digits)
        pin.get_by_role("button", name="设置密码").click()
        if said:
            expect(pin.get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_text("电话查询密码已设置")).to_be_visible()


def test_on_a_wide_screen(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("employee", login=seller(console, "E003"), path="/my")
    expect(page.get_by_role("heading", name="我的号码")).to_be_visible()
    expect(page.get_by_role("navigation", name="常用页面")).to_be_hidden()
    expect(page.get_by_role("article")).to_have_count(4)
    axe(page)
    picture(page, "my-wide")
