"""What ccore is and who may do what of it, over HTTP: made of the very operations that are served."""

from ccore import __version__
from ccore.people.model import Role
from tests.support.roles import FOR, OPEN
from tests.support.whole_api import Api, whole

__all__ = ["whole"]


async def test_admins_are_told_more_of_what_it_is(whole: Api) -> None:
    status, told = await whole.ask("GET", "/api/v1/about", Role.ADMIN)
    assert status == 200
    assert (told["version"], told["database"]["version"]) == (__version__, told["database"]["shipped"])
    assert told["inside"]["postgresql"].split(".")[0].isdigit()
    assert {"directory", "texts", "speech"} <= {each["part"] for each in told["parts"]}
    status, less = await whole.ask("GET", "/api/v1/about", Role.AGENT)
    assert (status, less["inside"], {each["by"] for each in less["parts"]}) == (200, None, {""})
    assert less == {**told, "inside": None, "parts": [{**each, "by": ""} for each in told["parts"]]}


async def test_who_may_do_what_is_what_is_served(whole: Api) -> None:
    status, told = await whole.ask("GET", "/api/v1/roles", Role.ADMIN)
    assert (status, told["roles"]) == (200, [role.value for role in Role])
    deeds = {f"{each['method']} v1{each['path']}": each for each in told["deeds"]}
    assert deeds.keys() | {"GET v1/openapi.json"} == FOR.keys() | OPEN
    for route, roles in FOR.items():
        if route not in deeds:
            continue
        deed = deeds[route]
        said = set(Role) if deed["everybody"] else {Role(role) for role in deed["roles"]}
        assert (said - {Role.ADMIN}, deed["open"]) == (set(roles) - {Role.ADMIN}, False), route
    assert all(deeds[route]["open"] for route in OPEN)
    for role in set(Role) - {Role.ADMIN}:
        assert (await whole.ask("GET", "/api/v1/roles", role))[0] == 403, role


async def test_the_guides_are_told_as_text(whole: Api) -> None:
    for guide in ("dialplan", "asterisk-docker"):
        status, told, headers = await whole.answer("GET", f"/api/v1/about/guides/{guide}", Role.AGENT)
        assert (status, headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
        assert told.startswith("# ")
    assert (await whole.ask("GET", "/api/v1/about/guides/sql", Role.AGENT))[0] == 404
