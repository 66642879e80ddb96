"""Whatever a test is refused with has to be there in Chinese as well."""

import re

from ccore.chinese.refusals.sentences import in_chinese

_HAN = re.compile("[\u4e00-\u9fff]")


def said_in_chinese_too(status: int, data: object) -> None:
    """``data`` is what was answered, of JSON."""
    sentence = data.get("error") if status >= 400 and isinstance(data, dict) else None
    if sentence and not _HAN.search(sentence):
        assert in_chinese(sentence), f"ccore.chinese.refusals has no {sentence!r}"
