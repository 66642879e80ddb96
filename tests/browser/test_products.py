"""The product pool, and who holds which number: a designer brings a product to be sold, a manager dispatches it."""

import re

import pytest
from playwright.sync_api import expect

from ccore.clock import utc_now
from ccore.marketing.product import Combo
from ccore.marketing.products import Products
from tests.browser.conftest import LANGUAGES, Axe, Console, Language, Looks, Picture, fits

PHONE = (390, 844)
DESIGN = {
    "编码": "33",
    "中文名称": "国际漫游包",
    "英文名称": "Roaming pack",
    "价格（元）": "29.9",
    "中文介绍": "出国三天不断网",
    "比例（%）": "12.5",
    "暂缓天数": "7",
    "收回天数": "30",
}


PARTS = ("10 5GB流量包 ¥10.00", "11 视频会员月卡 ¥19.90")


def test_a_product_is_designed_tested_and_put_on_sale(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("designer", path="/products")
    page.get_by_role("button", name="新建产品").click()
    form = page.get_by_role("region", name="新建产品")
    form.get_by_role("button", name="保存").click()
    expect(form.get_by_text("请填写价格，如 19.90")).to_be_visible()
    form.get_by_role("checkbox", name=re.compile("这是组合产品")).press("Space")
    expect(form.get_by_text("组合至少包含两个产品")).to_be_visible()
    for part in PARTS:
        form.get_by_label("添加产品").select_option(part)
        form.get_by_role("button", name="加入组合").press("Enter")
    expect(form.get_by_text("组合至少包含两个产品")).to_have_count(0)
    form.get_by_role("button", name="新增地区").press("Enter")
    expect(form.get_by_text("地区名称须以小写字母开头")).to_be_visible()
    form.get_by_role("textbox", name="新地区名称").fill("hainan")
    form.get_by_role("textbox", name="新地区的号段").fill("+86136, +86137")
    form.get_by_text("按价格比例").click()
    for label, text in DESIGN.items():
        form.get_by_role("textbox", name=label, exact=True).fill(text)
    form.get_by_role("button", name="增加阶梯").click()
    form.get_by_role("textbox", name="从本期第几单起").fill("10")
    form.get_by_role("textbox", name="比例（%）").last.fill("15")
    axe(page)
    picture(page, "product-new")
    form.get_by_role("button", name="保存").click()
    made = page.get_by_role("region", name="国际漫游包")
    expect(made.get_by_text("草稿")).to_be_visible()
    made.get_by_role("button", name="测试下单").click()
    expect(made.get_by_text("测试通过")).to_be_visible()
    made.get_by_role("button", name=re.compile("共 [0-9]+ 步")).click()
    expect(made.get_by_role("listitem").first).to_contain_text("号码计划")
    axe(page)
    picture(page, "product-tested")
    made.get_by_role("button", name="上架销售").click()
    page.get_by_role("dialog").get_by_role("button", name="上架销售").click()
    expect(made.get_by_text("在售", exact=True)).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("33 国际漫游包 ¥29.90 在售"))).to_be_visible()
    kept = console.stack.run(
        console.stack.site.rows(
            "SELECT price_fen, state, basis_points, hold_days, clawback_days FROM products JOIN commission_rules "
            "USING (product_id) WHERE code = '33'"
        )
    )
    assert [tuple(row) for row in kept] == [(2990, "on-sale", 1250, 7, 30)]
    expect(made.get_by_role("checkbox", name=re.compile("这是组合产品"))).to_be_disabled()
    expect(made.get_by_role("checkbox", name=re.compile("hainan"))).to_be_checked()
    pooled = console.stack.run(Products(console.stack.database).one("33", utc_now()))
    assert pooled is not None
    assert pooled.product.combo == Combo(parts=("10", "11"), part_held="refuse")
    assert pooled.product.eligibility.regions == ("hainan",)


def test_who_manages_sees_the_pool_and_changes_nothing(console: Console) -> None:
    page = console.as_("manager", path="/products/10")
    expect(page.get_by_role("textbox", name="价格（元）")).to_be_disabled()
    for name in ("保存", "停止销售", "测试下单"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_a_product_is_dispatched_and_goes_on_with_somebody_else(console: Console, axe: Axe, picture: Picture) -> None:
    stack = console.stack
    login = stack.person("manager", "m-002", name="孙强", employee="E002")
    page = console.as_("manager", login=login, path="/claims")
    expect(page.get_by_role("row", name=re.compile("1008610002"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("1008610003"))).to_have_count(0)  # of another department
    page.get_by_role("button", name="派发产品").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("产品", exact=True).select_option("12 5G畅享套餐")
    dialog.get_by_role("textbox", name="工号").fill("E017")
    dialog.get_by_role("button", name=re.compile("^E017 ")).click()
    axe(page)
    picture(page, "claims-dispatch")
    dialog.get_by_role("button", name="派发产品").click()
    expect(page.get_by_role("row", name=re.compile(r"1008612\d{3}.*E017"))).to_be_visible()
    page.get_by_role("button", name="移交号码").click()
    page.get_by_role("dialog").get_by_role("textbox", name="原认领人工号").fill("E017")
    page.get_by_role("dialog").get_by_role("textbox", name="接收人工号").fill("E020")
    page.get_by_role("dialog").get_by_role("button", name="移交号码").click()
    expect(page.get_by_role("row", name=re.compile(r"1008612\d{3}.*E020"))).to_be_visible()
    page.get_by_role("row", name=re.compile(r"1008612\d{3}.*E020")).get_by_role("button", name="结束").click()
    page.get_by_role("dialog").get_by_role("button", name="结束").click()
    expect(page.get_by_role("row", name=re.compile(r"1008612\d{3}.*E020"))).to_have_count(0)
    console.forgive("409 POST .*/claims/dispatch")
    page.get_by_role("button", name="派发产品").click()
    dialog.get_by_label("产品", exact=True).select_option("10 5GB流量包")
    dialog.get_by_role("textbox", name="工号").fill("E020")
    dialog.get_by_role("button", name="派发产品").click()
    expect(dialog.get_by_role("alert")).to_contain_text("已认领该产品")


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_looks(language: Language, console: Console, looks: Looks) -> None:
    zh = language == "zh"
    page = console.as_("admin", language=language, path="/products/11")
    expect(page.get_by_role("region", name="视频会员月卡" if zh else "Video membership, one month")).to_be_visible()
    looks(page, "products")
    page.goto("/claims")
    expect(page.get_by_role("row")).to_have_count(51)  # a heading, and as many as a page has
    expect(page.get_by_role("heading", name="认领与派发" if zh else "Claims")).to_be_visible()
    looks(page, "claims")


def test_on_a_narrow_screen(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("designer", path="/products/11", size=PHONE)
    expect(page.get_by_role("region", name="视频会员月卡")).to_be_visible()
    fits(page)
    axe(page)
    picture(page, "products-narrow")
