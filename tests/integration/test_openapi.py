"""The document of version 1 is sound, and its operations answer as it says, whatever they are asked."""

import asyncio
import copy
import os
import re
import time
from collections import Counter
from itertools import count, cycle
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from jsonschema_rs import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from ccore.people.model import Role
from ccore.web.once import HEADER
from tests import openapi
from tests.support.roles import FOR, OPEN
from tests.support.whole_api import Api, whole

__all__ = ["whole"]

FULL = "CCORE_FULL" in os.environ
EXAMPLES = 25 if FULL else 2  # of each operation and way of asking
BUSY_S = 30
OTHERS = [Role.EMPLOYEE, Role.MANAGER, Role.SUPERVISOR, Role.DESIGNER, Role.FRAUD, Role.QUALITY, Role.AGENT]


async def document(whole: Api) -> dict[str, Any]:
    status, told = await whole.ask("GET", "/api/v1/openapi.json", Role.AGENT)
    assert status == 200
    found: dict[str, Any] = told
    return found


async def test_the_document_tells_of_each_route(whole: Api) -> None:
    told = await document(whole)
    schemathesis.openapi.from_dict(told).validate()
    there = {f"{method.upper()} {path.removeprefix('/api/')}" for path, of in told["paths"].items() for method in of}
    assert there == FOR.keys() | OPEN
    operations = [each for of in told["paths"].values() for each in of.values()]
    assert not [name for name, times in Counter(each["operationId"] for each in operations).items() if times > 1]
    assert all(each["summary"] and each["tags"] for each in operations)


async def test_what_it_says_of_models_is_sound_and_has_names_for_people(whole: Api) -> None:
    schemas = (await document(whole))["components"]["schemas"]
    for name, schema in schemas.items():
        assert re.fullmatch("[A-Z][A-Za-z0-9]*(-Input|-Output)?", name), f"{name}: two models of one name"
        Draft202012Validator({**schema, "components": {"schemas": schemas}})


async def test_keys_and_refusals_stand_in_it(whole: Api) -> None:
    for path, of in (await document(whole))["paths"].items():
        for method, each in of.items():
            route = f"{method.upper()} {path.removeprefix('/api/')}"
            keyed = HEADER in {parameter["name"] for parameter in each["parameters"] if parameter["in"] == "header"}
            assert keyed == (method != "get" and route not in OPEN), route
            assert (each["security"] == []) == (route in OPEN), route
            assert {"400", "401", "403", "404", "409", "422", "429", "503"} <= each["responses"].keys(), route


async def test_types_of_the_console_are_made_of_the_very_same(whole: Api) -> None:
    assert openapi.FILE.read_text(encoding="utf-8") == openapi.written(await document(whole)), "run make openapi"


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


class Stranger:
    """Asks each operation what its schemas allow, and what they do not, as one role after another."""

    def __init__(self, told: dict[str, Any], api: Api) -> None:
        self._api, self._keys = api, count()
        self._session = requests.Session()
        self._schema = schemathesis.openapi.from_dict(_without_headers(told), config=SchemathesisConfig())
        self.statuses: Counter[int] = Counter()
        self.done: set[str] = set()

    def ask_all(self) -> None:
        with self._session:
            for number, found in enumerate(self._schema.get_all_operations()):
                assert isinstance(found, Ok), found
                self._ask(found.ok(), GenerationMode.POSITIVE, [Role.ADMIN, OTHERS[number % len(OTHERS)]])
                if _can_be_wrong(found.ok()):
                    self._ask(found.ok(), GenerationMode.NEGATIVE, [Role.ADMIN])

    def _ask(self, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, by: list[Role]) -> None:
        roles = cycle(by)

        @seed(7)
        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def each(case: schemathesis.Case[Any]) -> None:
            self._ask_as(next(roles), case)

        each()
        self.done.add(operation.label)

    def _ask_as(self, role: Role, case: schemathesis.Case[Any]) -> None:
        headers = {"Authorization": f"Bearer {self._api.tokens[role]}", HEADER: f"stranger-{next(self._keys)}"}
        for _ in range(BUSY_S):
            answer = case.call(base_url=self._api.url, session=self._session, headers=headers)
            if answer.status_code != 503:  # a machine that is so busy that PostgreSQL does not answer in time
                break
            time.sleep(1)
        self.statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)


def _without_headers(told: dict[str, Any]) -> dict[str, Any]:
    """What headers may say is tried by hand, elsewhere: to make some up takes longer than all the rest."""
    slim: dict[str, Any] = copy.deepcopy(told)
    for each in (each for of in slim["paths"].values() for each in of.values()):
        del each["security"]
        each["parameters"] = [parameter for parameter in each["parameters"] if parameter["in"] != "header"]
    return slim


def _can_be_wrong(operation: APIOperation[Any, Any, Any, Any]) -> bool:
    """Whether there is anything in a request to it that can be other than it should be."""
    return any((operation.body, operation.query, operation.path_parameters))


@pytest.mark.figures
@pytest.mark.timeout(600)
async def test_whatever_is_asked_it_answers_as_its_schema_says(whole: Api) -> None:
    stranger = Stranger(await document(whole), whole)
    await asyncio.to_thread(stranger.ask_all)
    print(f"{sum(stranger.statuses.values())} requests of {len(stranger.done)} operations: {dict(stranger.statuses)}")
    assert stranger.done == {route.replace(" ", " /api/", 1) for route in FOR.keys() | OPEN}
    assert {200, 400, 403, 404} <= stranger.statuses.keys()
