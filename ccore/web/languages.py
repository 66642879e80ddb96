"""In which language a refusal is said: that which the request asks for, else as ccore says it itself."""

import json
from typing import Literal

from aiohttp import hdrs, web

from ccore.chinese.refusals.sentences import in_chinese, in_english

Language = Literal["zh-CN", "en"]
_OURS: dict[str, Language] = {"zh": "zh-CN", "en": "en"}
_LONGEST = 200  # characters of the header that are looked at: browsers send some 50


def wanted(accepted: str) -> Language | None:
    """Which language of ours ``Accept-Language`` likes best; None: none of them."""
    best: tuple[float, Language] | None = None
    for each in accepted[:_LONGEST].split(","):
        tag, _, weight = each.strip().lower().partition(";q=")
        language = _OURS.get(tag.partition("-")[0])
        liked = _weight(weight)
        if language and liked > (best[0] if best else 0):
            best = liked, language
    return best and best[1]


def told(response: web.StreamResponse, accepted: str) -> web.StreamResponse:
    """The answer, a refusal in the language wanted; what has not been said in Chinese yet stays as it is."""
    if response.status < 400 or not isinstance(response, web.Response) or (language := wanted(accepted)) is None:
        return response
    if response.content_type != "application/json" or not (response.body and isinstance(response.body, bytes)):
        return response
    said = json.loads(response.body)
    sentence = said.get("error") if isinstance(said, dict) else None
    translated = (in_chinese if language == "zh-CN" else in_english)(sentence) if isinstance(sentence, str) else None
    if translated is not None:
        response.body = json.dumps({**said, "error": translated}, ensure_ascii=False).encode()
        response.headers[hdrs.CONTENT_LANGUAGE] = language
    return response


def _weight(given: str) -> float:
    try:
        return float(given or 1)
    except ValueError:
        return 0
