"""What people read in place of the names of operators' files."""

from pathlib import Path

from ccore.centre.centre import Disposition, load_centre
from ccore.ivr.menus import read_menus
from ccore.shipped import shipped
from ccore.tables import titled
from ccore.web.v1.named import in_both


def test_a_title_without_brackets_is_chinese() -> None:
    assert Disposition.model_validate({"title": "报修"}).title == {"zh": "报修"}
    assert Disposition.model_validate({"title": {"zh": "报修", "en": "Fault"}}).title == {"zh": "报修", "en": "Fault"}


def test_the_other_language_goes_before_the_name() -> None:
    assert in_both("fault", {"zh": "报修"}) == {"name": "fault", "title": "报修", "title_en": "报修"}
    assert in_both("fault", {"zh": "", "en": "Fault"}) == {"name": "fault", "title": "Fault", "title_en": "Fault"}
    assert titled({}, "en", "fault") == "fault"


def test_what_is_shipped_has_titles_in_both_languages() -> None:
    directory = Path(shipped("dialplan"))
    words, texts = load_centre(directory).words, read_menus(directory)[0].texts
    of_words = [each.title for each in words.skill.values()] + [each.title for each in words.pause.values()]
    of_results = [each.title for each in words.disposition.values()]
    of_fields = [field.title for each in words.disposition.values() for field in each.fields.values()]
    of_texts = [each.title for each in words.text_category.values()] + [each.title for each in texts.values()]
    of_echelons = [each.title for each in words.echelon]
    assert {frozenset(title) for title in (*of_words, *of_results, *of_fields, *of_texts, *of_echelons)} == {
        frozenset({"zh", "en"})
    }
    assert {text.category for text in texts.values()} <= words.text_category.keys()
