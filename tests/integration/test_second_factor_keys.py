"""What authenticators share is encrypted by a key of the site, taken over from before, and goes on with a new key."""

import re
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest

from ccore import config
from ccore.clock import utc_now
from ccore.config import load_secrets, make_secrets
from ccore.db.pool import Database
from ccore.errors import FaultsFound
from ccore.people import second_factor
from ccore.people.sign_in import Begun, Given, Refused, SignIn
from ccore.people.vault import NO_KEYS, NoKey, Rekeying, Vault
from ccore.site_keys import OtherKey, key_bytes
from tests.support.console import PASSWORD
from tests.support.shop import sql, value
from tests.support.signing_in import peopled

OLD, NEW = {"old": bytes(32)}, {"new": bytes(range(32))}
BEN = Given("ben", PASSWORD, "192.0.2.1")
KEPT = "SELECT totp_secret FROM people WHERE login = 'ben'"
NOW = utc_now()


def signing_in(database: Database, vault: Vault, steps: int = 0) -> SignIn:
    """So many codes later."""
    return SignIn(database, "Firm", lambda: NOW + timedelta(seconds=steps * second_factor.STEP_S), vault)


async def set_up(database: Database, vault: Vault) -> tuple[pyotp.TOTP, list[str]]:
    """Ben's authenticator, and his recovery codes."""
    sign_in = signing_in(database, vault)
    offered = await sign_in.offer_second_factor("ben")
    assert offered is not None
    authenticator = pyotp.TOTP(offered[0])
    codes = await sign_in.begin_second_factor("ben", authenticator.at(NOW), 0)
    assert codes is not None
    return authenticator, list(codes)


async def comes_in(database: Database, vault: Vault, authenticator: pyotp.TOTP, steps: int) -> bool:
    """Whether its code lets ben in."""
    code = authenticator.at(NOW + timedelta(seconds=steps * second_factor.STEP_S))
    return isinstance(await signing_in(database, vault, steps).begin(replace(BEN, code=code)), Begun)


async def test_it_does_not_stand_in_clear(database: Database, dsn: str) -> None:
    await peopled(database, dsn)
    authenticator, _ = await set_up(database, Vault(OLD))
    kept = await value(dsn, KEPT)
    assert kept.startswith("old:")
    everything = str(await sql(dsn, "SELECT p::text, (SELECT string_agg(a::text, '') FROM audit a) FROM people p"))
    assert authenticator.secret not in everything
    assert await comes_in(database, Vault(OLD), authenticator, 1)


async def test_of_before_it_is_taken_over_and_of_an_old_key_encrypted_anew(database: Database, dsn: str) -> None:
    await peopled(database, dsn)
    authenticator, _ = await set_up(database, Vault(OLD))
    await sql(dsn, "UPDATE people SET totp_secret = $1 WHERE login = 'ben'", authenticator.secret)
    assert await comes_in(database, NO_KEYS, authenticator, 1), "nobody is locked out for want of a key"
    without = Rekeying(database, NO_KEYS)
    assert await without.look() == 0
    assert ["1 second factors stand in clear" in each for each in without.warnings()] == [True]
    for step, (vault, kept) in enumerate([(Vault(OLD), "old:"), (Vault(OLD | NEW), "new:"), (Vault(NEW), "new:")], 2):
        rekeying = Rekeying(database, vault)
        assert await rekeying.look() == (step < 4)
        assert (await value(dsn, KEPT)).startswith(kept)
        assert list(rekeying.warnings()) == []
        assert await comes_in(database, vault, authenticator, step)


async def test_with_its_key_lost_recovery_codes_let_in_and_an_admin_is_told(database: Database, dsn: str) -> None:
    await peopled(database, dsn)
    authenticator, codes = await set_up(database, Vault(OLD))
    rekeying = Rekeying(database, Vault(NEW))
    assert await rekeying.look() == 0
    assert ["1 second factors have a key" in each for each in rekeying.warnings()] == [True]
    assert not await comes_in(database, Vault(NEW), authenticator, 1)
    assert await signing_in(database, Vault(NEW), 2).begin(BEN) is Refused.CODE_WANTED
    assert isinstance(await signing_in(database, Vault(NEW), 2).begin(replace(BEN, code=codes[0])), Begun)
    assert await comes_in(database, Vault(OLD), authenticator, 3), "it was not lost after all"


async def test_without_a_key_none_is_set_up(database: Database, dsn: str) -> None:
    await peopled(database, dsn)
    with pytest.raises(NoKey, match="second_factor_keys"):
        await signing_in(database, NO_KEYS).offer_second_factor("ben")
    assert await value(dsn, KEPT) is None


def test_it_is_its_persons_alone_and_nothing_else_opens_it() -> None:
    vault = Vault(OLD)
    kept = vault.put("ben", "ABCDEFGH")
    assert vault.get("ben", kept) == "ABCDEFGH"
    assert vault.put("ben", "ABCDEFGH") != kept, "no two are alike"
    for other, login, changed in (
        (vault, "anna", kept),
        (Vault({"old": bytes(range(32))}), "ben", kept),
        (Vault(NEW), "ben", kept),
        (vault, "ben", kept[:-4] + "AAA="),
        (vault, "ben", "old:"),
    ):
        with pytest.raises(OtherKey):
            other.get(login, changed)


def test_a_site_of_its_own_has_a_key_made_and_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ccore.toml").write_text("", encoding="utf-8")
    settings = config.load(tmp_path / "ccore.toml")
    make_secrets(settings)
    made = key_bytes(load_secrets(settings).second_factor_keys)
    assert [len(key) for key in made.values()] == [32]
    assert stat.S_IMODE(settings.secrets_file.stat().st_mode) == 0o600
    text = settings.secrets_file.read_text(encoding="utf-8")
    settings.secrets_file.write_text(
        re.sub(r"second_factor_keys = .*", 'second_factor_keys = { a = "c2hvcnQ=" }', text)
    )
    with pytest.raises(FaultsFound, match="a: no 32 bytes in base64"):
        load_secrets(settings)
