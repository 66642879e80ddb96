"""Secrets of authenticators as they stand in PostgreSQL: each encrypted by a key of the site, for its person alone."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import structlog

from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.errors import CcoreError
from ccore.site_keys import OtherKey, unwrap, wrap

log = structlog.get_logger()

LOOK_EVERY_S = 600.0
NO_KEY = "secrets.toml has no second_factor_keys"


class NoKey(CcoreError):
    """A second factor cannot be kept: secrets.toml has no second_factor_keys."""


@dataclass(frozen=True, slots=True)
class Vault:
    """The keys by their names; the last one is used for what is new. Without keys nothing new is kept."""

    keys: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def newest(self) -> str:
        """The name of the key that is used for what is new; "" if there is none."""
        return list(self.keys)[-1] if self.keys else ""

    def put(self, login: str, secret: str) -> str:
        """``secret`` of ``login`` as it is kept: the key's name, a colon, and base64. Raises NoKey."""
        if not self.keys:
            raise NoKey(NoKey.__doc__)
        wrapped = wrap(self.keys[self.newest], _owner(login), secret.encode("ascii"))
        return f"{self.newest}:{base64.b64encode(wrapped).decode('ascii')}"

    def get(self, login: str, kept: str) -> str:
        """The secret that was put there; one of before there were keys stands in clear. Raises OtherKey."""
        name, colon, wrapped = kept.partition(":")
        if not colon:
            return kept
        if name not in self.keys:
            raise OtherKey(f"secrets.toml has no key {name} among second_factor_keys")
        try:
            return unwrap(self.keys[name], _owner(login), base64.b64decode(wrapped)).decode("ascii")
        except binascii.Error as error:
            raise OtherKey(OtherKey.__doc__) from error


NO_KEYS = Vault()


class Rekeying:
    """Has every second factor of a database kept by the newest key, those in clear among them."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault
        self._clear = self._lost = 0
        self.trouble = Trouble("second_factors_not_rekeyed")

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        if self._clear:
            yield f"{self._clear} second factors stand in clear, and none can be set up: {NO_KEY}"
        if self._lost:
            yield f"{self._lost} second factors have a key that secrets.toml does not have: recovery codes alone let in"
        if self.trouble.reason:
            yield f"second factors are not looked after: {self.trouble.reason}"

    async def watch(self) -> NoReturn:
        """At once, and now and then: a ccore of before may run beside this one."""
        await self.trouble.every(LOOK_EVERY_S, self.look)

    async def look(self) -> int:
        """Take over what has another key, or none; how many that were."""
        rows = await self._database.fetch("sign_in.other_keys", f"{self._vault.newest}:")
        clear, lost, done = 0, 0, 0
        for row in rows:
            try:
                kept = self._vault.put(row["login"], self._vault.get(row["login"], row["totp_secret"]))
            except OtherKey:
                lost += 1
            except NoKey:
                clear += 1
            else:
                done += await self._database.execute("sign_in.rekey", row["login"], row["totp_secret"], kept)
        self._clear, self._lost = clear, lost
        if done:
            log.info("second_factors_rekeyed", count=done, key=self._vault.newest)
        return done


def _owner(login: str) -> bytes:
    return f"ccore second factor 1\n{login}".encode()
