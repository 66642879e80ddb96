"""A refusal is said in the language that is asked for."""

import json

import pytest
from aiohttp import web

from ccore.web.languages import told, wanted


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", None), ("*", None), ("fr", None), ("zh-CN", "zh-CN"), ("zh", "zh-CN"), ("ZH-hant", "zh-CN"),
        ("en-GB", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("fr, en;q=0.5, zh;q=0.7", "zh-CN"), ("zh;q=0, en;q=0.1", "en"),
        ("en, zh", "en"), ("zh;q=x", None), ("zh;q=nan", None), (";,;q=,", None), (", " * 90 + "x" * 200 + ",zh", None),
    ],
)  # fmt: skip
def test_the_language_is_the_one_liked_best(accepted: str, language: str | None) -> None:
    assert wanted(accepted) == language


def refused(sentence: str, **more: str) -> web.Response:
    return web.json_response({"error": sentence, **more}, status=409)


def said(response: web.StreamResponse) -> object:
    assert isinstance(response, web.Response)
    assert isinstance(response.body, bytes)
    return json.loads(response.body)


def test_only_a_refusals_sentence_is_said_otherwise() -> None:
    chinese = told(refused("they have no such token", code="x"), "zh-CN")
    assert (said(chinese), chinese.headers["Content-Language"]) == ({"error": "此人没有这个令牌", "code": "x"}, "zh-CN")
    for accepted in ("", "en", "fr"):
        assert said(told(refused("they have no such token"), accepted)) == {"error": "they have no such token"}
    new = told(refused("something new"), "zh")
    assert (said(new), "Content-Language" in new.headers) == ({"error": "something new"}, False)
    both = "they have left already / 已离职"
    assert [said(told(refused(both), each)) for each in ("zh", "en", "")] == [
        {"error": "已离职"}, {"error": "they have left already"}, {"error": both},
    ]  # fmt: skip
    done = web.json_response({"error": "there is no such person"})
    assert said(told(done, "zh")) == {"error": "there is no such person"}


def test_what_is_no_refusal_of_ours_is_left() -> None:
    for body, kind in ((b"[]", "application/json"), (b'{"error": 3}', "application/json"), (b"x", "text/plain")):
        response = told(web.Response(body=body, status=400, content_type=kind), "zh")
        assert isinstance(response, web.Response)
        assert response.body == body
