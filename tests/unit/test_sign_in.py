"""What sign-in decides without a database: how often, by which codes, from where, with which passwords."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.people import passwords, second_factor
from ccore.people.model import Entrance, Person, Role
from ccore.web.auth import csrf_of
from ccore.web.rates import MOST_KNOWN, Bucket
from ccore.web.v1.operations import EVERYBODY, Asked, Done, Operation

SECRET = "JBSWY3DPEHPK3PXP" * 2
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def nothing(_asked: Asked[None, None]) -> Done:
    return Done()


def test_a_few_at_once_and_then_so_many_a_second() -> None:
    now = [100.0]
    bucket = Bucket(2.0, 3, lambda: now[0])
    assert [bucket.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.wait_s("b") == 0, "another one's"
    now[0] += 0.5
    assert [bucket.wait_s("a"), bucket.wait_s("a")] == [0, 0.5]
    now[0] += 3600
    assert [bucket.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5], "no more is saved up than that"


def test_a_bucket_does_not_grow_with_strangers() -> None:
    bucket = Bucket(1.0, 1, lambda: 0.0)
    for number in range(MOST_KNOWN * 2):
        assert bucket.wait_s(str(number)) == 0
    assert len(bucket._left) == MOST_KNOWN


@given(st.integers(0, 2**33), st.integers(-3, 3))
def test_codes_are_taken_of_this_step_and_those_beside_it(seconds: int, steps: int) -> None:
    secret, now = SECRET, datetime.fromtimestamp(seconds + 600, UTC)
    at = now + timedelta(seconds=steps * second_factor.STEP_S)
    step = second_factor.step_of(secret, pyotp.TOTP(secret).at(at), now)
    if abs(steps) <= 1:
        assert step == int(at.timestamp()) // 30
    elif step is not None:  # two steps may have the same six digits
        assert abs(step - int(now.timestamp()) // 30) <= 1


@pytest.mark.parametrize("code", ["", "0", "12345", "1234567", "１２３４５６", "é", "\0", "None"])
def test_what_is_no_code_is_none(code: str) -> None:
    assert second_factor.step_of(SECRET, code, NOON) is None


def test_recovery_codes_are_all_different_and_read_however_they_are_written() -> None:
    codes = second_factor.new_recovery_codes() + second_factor.new_recovery_codes()
    assert len(set(codes)) == 2 * second_factor.RECOVERY_CODES
    assert {len(code) for code in codes} == {19}
    assert second_factor.recovery_hash(codes[0]) == second_factor.recovery_hash(
        f" {codes[0].lower()} ".replace("-", " ")
    )


def test_passwords_are_kept_as_argon2id_and_never_alike() -> None:
    one, other = passwords.kept("correct horse battery"), passwords.kept("correct horse battery")
    assert one != other
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches("correct horse battery", one)
    assert not passwords.matches("correct horse batterz", one)
    assert not passwords.matches("correct horse battery", None)
    assert not passwords.matches("correct horse battery", "$argon2id$nonsense")
    assert not passwords.is_outdated(one)
    assert passwords.is_outdated(one.replace("t=2", "t=1"))


def test_what_is_asked_with_a_password_is_not_guessed_from_what_is_kept() -> None:
    assert passwords.slow_hash(b"x", "anna key") == passwords.slow_hash(b"x", "anna key")
    assert len({passwords.slow_hash(said, salt) for said in (b"x", b"y") for salt in ("a", "b")}) == 4


def test_the_csrf_token_says_nothing_of_the_session() -> None:
    assert csrf_of("abc") != csrf_of("abd")
    assert "abc" not in csrf_of("abc")


@pytest.mark.parametrize(
    ("scopes", "subject", "writes", "covers"),
    [
        ([], "claims", True, True),
        (["read"], "claims", False, True),
        (["read"], "claims", True, False),
        (["write"], "claims", False, False),
        (["claims"], "claims", True, True),
        (["claims"], "", False, False),
        (["claims", "read"], "reports", False, True),
    ],
)
def test_what_a_token_is_good_for(scopes: list[str], subject: str, writes: bool, covers: bool) -> None:
    entrance = Entrance(Person("anna", "Anna", Role.ADMIN), frozenset(scopes))
    assert entrance.covers(subject, writes=writes) is covers


def test_whoever_sells_may_what_is_for_employees() -> None:
    mia = Person("mia", "Mia", Role.MANAGER, employee="E002")
    assert mia.roles == {Role.MANAGER, Role.EMPLOYEE}
    assert mia.is_one_of([Role.EMPLOYEE])
    assert not Person("olga", "Olga", Role.OPERATOR).is_one_of([Role.EMPLOYEE])
    assert not mia.is_one_of([])
    assert Person("ada", "Ada", Role.ADMIN).is_one_of([])


def test_places_of_a_path() -> None:
    def places(path: str) -> dict[str, str]:
        return Operation("GET", path, "x", EVERYBODY, nothing, answer=Done).places

    assert places("/claims") == {}
    assert places("/claims/{claim:int}") == {"claim": "[1-9][0-9]{0,17}"}
    assert places("/products/{code}/state") == {"code": "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"}
    assert places("/a/{kind:on|off}/b/{day:[0-9]{4}-[0-9]{2}}") == {"kind": "on|off", "day": "[0-9]{4}-[0-9]{2}"}


def test_what_an_operation_is_by_itself() -> None:
    made = Operation("POST", "/claims/{claim:int}/end", "x", EVERYBODY, nothing, answer=Done)
    assert (made.subject, made.writes, made.keyed) == ("claims", True, True)
    opened = Operation("POST", "/session", "x", frozenset(), nothing, answer=Done, open=True)
    assert (opened.keyed, Operation("GET", "/x", "x", EVERYBODY, nothing).keyed) == (False, False)
