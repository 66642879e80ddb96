"""Who asks: the token of each request under ``/api``, and whether its person may."""

from aiohttp import web

from ccore.people.model import Person, Role
from ccore.people.service import People

_LONGEST_TOKEN = 200
_PERSON = web.RequestKey("person", Person)
_NO_TOKEN = "send a token that is valid, as Authorization: Bearer …"  # noqa: S105 - what to do about it

__all__ = ["Auth", "Person", "Role"]


class Auth:
    """Lets people in by ``Authorization: Bearer TOKEN``. Nothing is remembered: a revoked token is refused at once."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def person(self, request: web.Request, *roles: Role) -> Person:
        """Who asks, if they have one of ``roles`` (none named: any); admins may all.

        Raises HTTPUnauthorized and HTTPForbidden, and Unavailable while PostgreSQL does not answer.
        """
        person: Person | None = request.get(_PERSON)
        if person is None:
            kind, _, token = request.headers.get("Authorization", "").partition(" ")
            known = kind.lower() == "bearer" and 0 < len(token) <= _LONGEST_TOKEN and token.isascii()
            person = await self._people.of_token(token) if known else None
            if person is None:
                raise web.HTTPUnauthorized(text=_NO_TOKEN, headers={"WWW-Authenticate": "Bearer"})
            request[_PERSON] = person
        if not person.may(*roles):
            raise web.HTTPForbidden(text=f"this is for {', '.join(sorted(roles))}")
        return person
