"""``ccore product``, ``employees``, ``teams`` and ``claims`` as people at a terminal use them."""

import json
from pathlib import Path

import pytest

from ccore import config
from ccore.errors import CcoreError, FaultsFound
from tests.support.commands import Run, running

PRODUCTS = """
[region.gd]
beginnings = ["+8613", "+8620"]

[[product]]
code = "20"
name = { zh = "10GB流量包", en = "10 GB pack" }
intro = { zh = "当月有效", en = "Good for this month" }
price_fen = 1500
confirm = "key"
[product.eligibility]
regions = ["gd"]
[[product.commission]]
kind = "percent"
basis_points = 1250
tiers = [{ nth = 101, basis_points = 1500 }]
hold_days = 30
"""


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: its exit code, and what it prints."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    (tmp_path / "ccore.toml").write_text("", encoding="utf-8")
    return running(config.load(tmp_path / "ccore.toml"), capsys)


async def test_from_a_draft_to_a_claim_that_is_handed_over(ccore: Run, tmp_path: Path) -> None:
    (tmp_path / "products.toml").write_text(PRODUCTS, encoding="utf-8")
    (tmp_path / "staff.csv").write_text(
        "工号,姓名,手机号,部门\nE001,王伟,13800000001,市场部/东区\nE002,李芳,13800000002,市场部\nE003,张娜,138,市场部\n",
        encoding="utf-8",
    )
    assert await ccore("product", "list") == (0, ["no product yet: ccore product import FILE"])
    assert await ccore("product", "import", str(tmp_path / "products.toml")) == (0, ["20  new; draft"])
    assert await ccore("product", "import", str(tmp_path / "products.toml")) == (0, ["20  as it was; draft"])
    with pytest.raises(CcoreError, match="has not passed its test"):
        await ccore("product", "sale", "20")
    code, said = await ccore("product", "test", "20")
    assert (code, said[0]) == (0, "ok  number plan: 1008620000 is product 20, claim 000")
    assert said[-1] == "passed; 20 is tested"
    assert any(line.startswith("ok  order by call: confirm-key: 1500 fen") for line in said)
    assert (await ccore("product", "sale", "20"))[0] == 0
    assert (await ccore("product", "show", "20"))[1][0] == "20  10GB流量包 / 10 GB pack  on-sale, 0 claims"
    code, said = await ccore(
        "employees", "import", str(tmp_path / "staff.csv"), "--report", str(tmp_path / "report.csv")
    )
    assert code == 1
    assert said[-1].startswith("3 rows: 2 new")
    assert "no line can have this number" in said[0]
    assert "不是有效的电话号码" in (tmp_path / "report.csv").read_text(encoding="utf-8-sig")
    assert (await ccore("employees", "departments"))[1] == ["市场部  1 people", "市场部/东区  1 people"]
    _, (claim,) = await ccore("claims", "claim", "20", "--as", "E001")
    assert claim.startswith("claim 2: product 20 is ordered by dialling 1008620001 or texting 20001")
    assert (await ccore("teams", "add", "先锋", "--leader", "E001", "--share", "E001=66.67", "--share", "E002=33.33"))[
        0
    ] == 0
    assert "E001 王伟 66.67 %, E002 李芳 33.33 %" in (await ccore("teams", "list"))[1][1]
    assert (await ccore("claims", "dispatch", "20", "--team", "先锋"))[0] == 0
    assert (await ccore("claims", "kit", "3"))[1] == ["the kit of claim 3 goes to 2 telephones"]
    _, said = await ccore("claims", "hand-over", "E001", "--to-employee", "E002")
    assert said == ["claim 2, 20001: goes on as claim 4"]
    assert (await ccore("employees", "leave", "E001"))[1] == [
        "E001 has left; 0 claims ended", "they have a share of team 先锋: ccore teams share 先锋 …",
    ]  # fmt: skip
    assert len((await ccore("claims", "list"))[1]) == 2
    assert len((await ccore("claims", "list", "--over"))[1]) == 3
    assert (await ccore("claims", "end", "4"))[0] == 0
    with pytest.raises(CcoreError, match="it is over"):
        await ccore("claims", "end", "4")
    assert (await ccore("teams", "end", "先锋"))[1] == ["team 先锋 has ended, and 1 claims with it"]
    with pytest.raises(CcoreError, match="there is no employee E009"):
        await ccore("employees", "leave", "E009")


async def test_faults_of_a_file_of_products_have_their_lines(ccore: Run, tmp_path: Path) -> None:
    file = tmp_path / "products.toml"
    file.write_text(PRODUCTS.replace("price_fen = 1500", "price_fen = 15.00"), encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        await ccore("product", "import", str(file))
    assert [(fault.line, fault.code) for fault in found.value.faults] == [(9, "PRODUCT")]
    file.write_text(PRODUCTS.replace('["gd"]', '["xx"]'), encoding="utf-8")
    with pytest.raises(FaultsFound, match="there is no region xx"):
        await ccore("product", "import", str(file))


async def test_rules_and_dated_changes(ccore: Run, tmp_path: Path) -> None:
    product = {"code": "20", "name": {"zh": "包", "en": "Pack"}, "price_fen": 1500,
               "commission": [{"kind": "flat", "fen": 200}]}  # fmt: skip
    file = tmp_path / "products.json"
    file.write_text(json.dumps({"product": [product]}), encoding="utf-8")
    assert (await ccore("product", "import", str(file)))[0] == 0
    for words in (["test"], ["sale"]):
        assert (await ccore("product", *words, "20"))[0] == 0
    file.write_text(json.dumps({"product": [{**product, "price_fen": 1800}]}), encoding="utf-8")
    with pytest.raises(FaultsFound, match="only change from a date to come"):
        await ccore("product", "import", str(file))
    assert (await ccore("product", "import", str(file), "--from", "2100-01-01")) == (
        0,
        ["20  changed: price_fen; on-sale"],
    )
    rule = ("product", "rule", "20", "--percent", "12.5", "--tier", "101=15", "--from", "2100-01-01")
    assert (await ccore(*rule))[1] == ["20  version 2: 12.5 %, from sale 101 on 15 %, from 2100-01-01 00:00"]
    with pytest.raises(CcoreError, match="at no time may two hold"):
        await ccore(*rule)
    said = (await ccore("product", "show", "20"))[1]
    assert "from 2100-01-01 00:00: 18.00 yuan, confirmed by none" in said
    assert (await ccore("product", "end", "20"))[1] == ["20 has ended, and 0 claims with it"]
