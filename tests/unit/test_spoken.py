"""Values and sentences are said as speakers of Mandarin and English say them, by clips as well as in words."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.prompts import en, values, zh
from ccore.prompts.catalogue import load_catalogue
from ccore.prompts.kinds import Kind
from ccore.prompts.spoken import checked, normalised, spoken, written
from ccore.shipped import shipped

CATALOGUE = load_catalogue(shipped("dialplan"))

_WHOLE = st.integers(0, 10**12 - 1) | st.integers(0, 20_000)
_DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
_TEXTS = {
    Kind.DIGITS: st.from_regex(r"\+?[0-9*#]{1,32}", fullmatch=True),
    Kind.NUMBER: st.builds(
        "{}{}{}".format, st.sampled_from(["", "-"]), _WHOLE, st.from_regex(r"(\.[0-9]{1,6})?", fullmatch=True)
    ),
    Kind.COUNT: _WHOLE.map(str),
    Kind.MONEY: (st.integers(-(10**14) + 1, 10**14 - 1) | st.integers(-20_000, 20_000)).map(str),
    Kind.DATE: _DAYS.map(str),
    Kind.MONTH: _DAYS.map(lambda day: str(day)[:7]),
    Kind.TIME: st.times().map(lambda moment: f"{moment:%H:%M}"),
    Kind.DATA: st.integers(0, 10**17).map(str),
    Kind.MINUTES: st.integers(0, 10**9 - 1).map(str),
    Kind.SECONDS: st.integers(0, 10**9 - 1).map(str),
}


@st.composite
def some_value(draw: st.DrawFn) -> tuple[Kind, str]:
    kind = draw(st.sampled_from(sorted(_TEXTS)))
    return kind, draw(_TEXTS[kind])


@pytest.mark.parametrize("language", ["zh", "en"])
@given(value=some_value())
def test_the_clips_say_what_is_written(language: str, value: tuple[Kind, str]) -> None:
    clips = [CATALOGUE[name] for name in spoken(language, *value)]
    assert clips
    joiner = {"zh": "", "en": " "}[language]
    assert joiner.join(clip.zh if language == "zh" else clip.en for clip in clips) == written(language, *value)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_whole_number_to_a_hundred_thousand_has_its_clips(language: str) -> None:
    for number in range(100_000):
        spoken(language, Kind.NUMBER, str(number))


# Read as cn2an 0.5.23 reads them, but for 两千 and 两万.
@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "零"), (2, "二"), (10, "十"), (19, "十九"), (20, "二十"), (99, "九十九"), (100, "一百"), (101, "一百零一"),
        (110, "一百一十"), (115, "一百一十五"), (200, "二百"), (202, "二百零二"), (1000, "一千"), (1001, "一千零一"),
        (1010, "一千零一十"), (1100, "一千一百"), (2000, "两千"), (2222, "两千二百二十二"), (10_000, "一万"),
        (10_001, "一万零一"), (10_015, "一万零一十五"), (10_086, "一万零八十六"), (11_000, "一万一千"),
        (20_000, "两万"), (22_000, "两万两千"), (100_000, "十万"), (110_110, "十一万零一百一十"),
        (119_999, "十一万九千九百九十九"), (200_000, "二十万"), (1_000_000, "一百万"), (1_000_010, "一百万零一十"),
        (10_010_010, "一千零一万零一十"),
        (100_000_000, "一亿"), (100_000_001, "一亿零一"), (100_001_000, "一亿零一千"), (100_020_000, "一亿零二万"),
        (100_110_000, "一亿零一十一万"), (200_000_000, "两亿"), (210_000_000, "两亿一千万"),
        (1_002_003_004, "十亿零二百万三千零四"), (999_999_999_999, "九千九百九十九亿九千九百九十九万九千九百九十九"),
    ],
)  # fmt: skip
def test_numbers_in_mandarin(number: int, said: str) -> None:
    assert written("zh", Kind.NUMBER, str(number)) == said


@pytest.mark.parametrize(
    ("kind", "text", "in_zh", "in_en"),
    [
        (Kind.MONEY, "12350", "一百二十三元五角", "one hundred and twenty-three yuan and fifty fen"),
        (Kind.MONEY, "10005", "一百元零五分", "one hundred yuan and five fen"),
        (Kind.MONEY, "225", "两元二角五分", "two yuan and twenty-five fen"),
        (Kind.MONEY, "20000", "二百元", "two hundred yuan"),
        (Kind.MONEY, "200000", "两千元", "two thousand yuan"),
        (Kind.MONEY, "1200", "十二元", "twelve yuan"),
        (Kind.MONEY, "10200", "一百零二元", "one hundred and two yuan"),
        (Kind.MONEY, "100", "一元", "one yuan"),
        (Kind.MONEY, "20", "二角", "twenty fen"),
        (Kind.MONEY, "2", "二分", "two fen"),
        (Kind.MONEY, "0", "零元", "zero yuan"),
        (Kind.MONEY, "-3050", "欠费三十元五角", "minus thirty yuan and fifty fen"),
        (Kind.DIGITS, "13800101", "幺三八零零幺零幺", "one three eight zero zero one zero one"),
        (Kind.DIGITS, "+86*#", "加八六星号井号", "plus eight six star hash"),
        (Kind.NUMBER, "-3.50", "负三点五零", "minus three point five zero"),
        (Kind.NUMBER, "-0.5", "负零点五", "minus zero point five"),
        (Kind.NUMBER, "2", "二", "two"),
        (Kind.NUMBER, "1005", "一千零五", "one thousand and five"),
        (Kind.NUMBER, "1000100", "一百万零一百", "one million one hundred"),
        (Kind.COUNT, "2", "两", "two"),
        (Kind.COUNT, "12", "十二", "twelve"),
        (Kind.COUNT, "2000", "两千", "two thousand"),
        (Kind.DATE, "2027-02-17", "二零二七年二月十七日", "the seventeenth of February twenty twenty-seven"),
        (Kind.DATE, "2030-12-31", "二零三零年十二月三十一日", "the thirty-first of December twenty thirty"),
        (Kind.DATE, "2026-10-01", "二零二六年十月一日", "the first of October twenty twenty-six"),
        (Kind.DATE, "1998-05-20", "一九九八年五月二十日", "the twentieth of May one nine nine eight"),
        (Kind.MONTH, "2027-02", "二零二七年二月", "February twenty twenty-seven"),
        (Kind.TIME, "00:00", "凌晨零点", "twelve a.m."),
        (Kind.TIME, "02:05", "凌晨两点零五分", "two oh five a.m."),
        (Kind.TIME, "09:30", "上午九点三十分", "nine thirty a.m."),
        (Kind.TIME, "12:00", "中午十二点", "twelve p.m."),
        (Kind.TIME, "14:15", "下午两点十五分", "two fifteen p.m."),
        (Kind.TIME, "23:59", "晚上十一点五十九分", "eleven fifty-nine p.m."),
        (Kind.DATA, "0", "零兆字节", "zero megabytes"),
        (Kind.DATA, str(2**20), "一兆字节", "one megabyte"),
        (Kind.DATA, str(2**30 - 1), "一吉字节", "one gigabyte"),
        (Kind.DATA, str(2 * 2**30), "两吉字节", "two gigabytes"),
        (Kind.DATA, str(7 * 2**29), "三点五吉字节", "three point five gigabytes"),
        (Kind.DATA, str(512 * 2**20 + 2**18), "五百一十二点三兆字节", "five hundred and twelve point three megabytes"),
        (Kind.MINUTES, "1", "一分钟", "one minute"),
        (Kind.MINUTES, "2", "两分钟", "two minutes"),
        (Kind.MINUTES, "112", "一百一十二分钟", "one hundred and twelve minutes"),
        (Kind.SECONDS, "59", "五十九秒", "fifty-nine seconds"),
        (Kind.SECONDS, "60", "一分钟", "one minute"),
        (Kind.SECONDS, "90", "两分钟", "two minutes"),
        (Kind.WORDS, "张三 5G", "张三 五G", "张三 five G"),
        (Kind.PROMPT, "goodbye", "goodbye", "goodbye"),
    ],
)  # fmt: skip
def test_values(kind: Kind, text: str, in_zh: str, in_en: str) -> None:
    assert written("zh", kind, text) == in_zh
    assert written("en", kind, text) == in_en


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("查询余额请按1，人工服务请按0。", "查询余额请按一，人工服务请按零。"),
        ("欢迎致电10086。", "欢迎致电幺零零八六。"),
        ("报警请拨打110，共110个窗口。", "报警请拨打幺幺零，共一百一十个窗口。"),
        ("请拨400-810-0000或+8613800138001。", "请拨四零零八幺零零零零零或加八六幺三八零零幺三八零零幺。"),
        (
            "5G套餐每月29.90元，含2GB流量和500MB定向流量。",
            "五G套餐每月二十九元九角，含两吉字节流量和五百兆字节定向流量。",
        ),
        ("优惠¥100，满意率98.5%。", "优惠一百元，满意率百分之九十八点五。"),
        ("2027-02-17 09:30至24:00", "二零二七年二月十七日 上午九点三十分至二十四点"),
        ("2026年2月2日，第2项，2个月，2小时，2分钟", "二零二六年二月二日，第二项，两个月，两小时，两分钟"),
        ("3-5个工作日，共12800个，10万元", "三至五个工作日，共一万两千八百个，十万元"),
        ("VIP客户请插入SIM卡，按*键返回，按#键确认", "V I P客户请插入SIM卡，按星号键返回，按井号键确认"),
        ("没有数字。", "没有数字。"),
        ("1234567890123456万", "幺二三四五六七八九零幺二三四五六万"),
    ],
)
def test_sentences_in_mandarin(text: str, said: str) -> None:
    assert normalised("zh", text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("For your balance, press 1.", "For your balance, press one."),
        ("Welcome to 10086. In an emergency, dial 110.",
         "Welcome to one zero zero eight six. In an emergency, dial one one zero."),
        ("5G plans at 29.90 yuan with 2 GB", "five G plans at twenty-nine yuan and ninety fen with two gigabytes"),
        ("98.5% of SMS by the 21st", "ninety-eight point five percent of S M S by the twenty-first"),
        ("Open 09:30 to 17:00 from 2027-02-17",
         "Open nine thirty a.m. to five p.m. from the seventeenth of February twenty twenty-seven"),
        ("Within 3-5 days, press # or *", "Within three to five days, press hash or star"),
        ("VIP customers: insert your SIM", "V I P customers: insert your SIM"),
    ],
)  # fmt: skip
def test_sentences_in_english(text: str, said: str) -> None:
    assert normalised("en", text) == said


@pytest.mark.parametrize("language", ["zh", "en"])
@given(text=st.text(alphabet="0123456789.:-年月日元%GBM¥*#+个第 万aZ请", max_size=40))
def test_any_sentence_can_be_read_and_keeps_no_figure(language: str, text: str) -> None:
    said = normalised(language, text)
    assert not set(said) & set("0123456789*#")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.DIGITS, ""), (Kind.DIGITS, "12a"), (Kind.DIGITS, "１２"), (Kind.NUMBER, "1e5"), (Kind.NUMBER, "NaN"),
        (Kind.NUMBER, "01"), (Kind.NUMBER, "1000000000000"), (Kind.COUNT, "-1"), (Kind.MONEY, "1.5"),
        (Kind.MONEY, "-0"), (Kind.DATE, "2027-02-30"), (Kind.DATE, "2027-02"), (Kind.MONTH, "2027-13"),
        (Kind.TIME, "24:00"), (Kind.TIME, "9:30"), (Kind.DATA, "-1"), (Kind.MINUTES, "2 "), (Kind.SECONDS, "1\n"),
        (Kind.PROMPT, "../x"), (Kind.WORDS, "a\nb"), (Kind.WORDS, ""), (Kind.WORDS, "\ud800"), (Kind.WORDS, "x" * 101),
    ],
)  # fmt: skip
def test_what_is_not_of_its_kind_is_refused(kind: Kind, text: str) -> None:
    for refuse in (checked, lambda kind, text: written("zh", kind, text), lambda kind, text: spoken("en", kind, text)):
        with pytest.raises(ValueError):  # noqa: PT011 - any
            refuse(kind, text)


def test_words_have_no_clips_and_a_prompt_is_its_own() -> None:
    assert spoken("zh", Kind.WORDS, "张三") == ()
    assert spoken("en", Kind.PROMPT, "goodbye") == ("goodbye",)


def test_the_file_of_clips_is_up_to_date() -> None:
    file = shipped("dialplan") / "prompts" / values.VALUES_FILE
    assert file.read_text(encoding="utf-8") == values.as_toml(), "python -m ccore.prompts.values prints what it holds"


def test_each_clip_is_used_and_named_once() -> None:
    clips = values.clips()
    assert len({clip.name for clip in clips}) == len(clips) <= 465
    used = {*values.names("zh").values(), *values.names("en").values()}
    assert {clip.name for clip in clips} - used == set()


def test_both_languages_know_the_same_years() -> None:
    assert zh.WHOLE_YEARS == en.WHOLE_YEARS
    assert zh.clock(time(9)) != en.clock(time(9))
