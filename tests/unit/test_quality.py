"""Scorecards, scores, draws, the life of a review and calibration: decided by values alone."""

import itertools
import textwrap
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.check import check
from ccore.errors import FaultsFound
from ccore.quality.calibration import calibrate
from ccore.quality.review import Actor, Parties, State, Step, after, may, sees
from ccore.quality.sampling import Candidate, draw
from ccore.quality.score import Answers, faults, score
from ccore.quality.scorecard import (
    Part,
    Question,
    Sample,
    Scorecard,
    load_scorecards,
    read_scorecards,
    unknown_names,
)
from ccore.shipped import shipped
from tests.support.operators import working_copy

T = {"en": "?"}


def question(name: str, **keys: object) -> Question:
    return Question.model_validate({"name": name, "text": T, **keys})


CARD = Scorecard(
    title=T,
    pass_percent=80,
    sections=(
        Part(name="first", title=T, questions=(question("greeted", weight=10), question("safe", weight=0, fatal=True))),
        Part(name="second", title=T, questions=(
            question("solved", kind="scale", best=5, weight=20), question("offered", weight=10, optional=True))),
    ),
)  # fmt: skip
GOOD: Answers = {"greeted": 1, "safe": 1, "solved": 4, "offered": None}


def test_a_score_is_points_got_of_points_there_were() -> None:
    worth = score(CARD, GOOD)
    assert (worth.per_mille, worth.passed, worth.fatal) == (867, True, ())  # 26 of 30
    assert worth.sections == {"first": 1000, "second": 800}
    assert score(CARD, {**GOOD, "offered": 0}).per_mille == 650


def test_what_is_fatal_takes_everything() -> None:
    worth = score(CARD, {**GOOD, "safe": 0})
    assert (worth.per_mille, worth.passed, worth.fatal) == (0, False, ("safe",))


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"greeted": 2}, "an answer is 0 to 1"),
        ({"greeted": -1}, "an answer is"),
        ({"greeted": None}, "always applies"),
        ({"sung": 1}, "no such question"),
    ],
)
def test_what_is_no_answer_is_said(answers: Answers, why: str) -> None:
    assert why in " ".join(faults(CARD, answers))
    with pytest.raises(ValueError, match=why):
        score(CARD, {**GOOD, **answers})


def test_every_question_is_answered() -> None:
    with pytest.raises(ValueError, match="solved: is not answered"):
        score(CARD, {name: answer for name, answer in GOOD.items() if name != "solved"})


@given(st.data())
def test_a_score_is_the_nearest_per_mille_and_grows_with_every_answer(data: st.DataObject) -> None:
    questions = tuple(
        question(f"q{number}", kind="scale", best=data.draw(st.integers(2, 10)), weight=data.draw(st.integers(1, 1000)))
        for number in range(data.draw(st.integers(1, 6)))
    )
    card = Scorecard(title=T, sections=(Part(name="all", title=T, questions=questions),))
    answers = {each.name: data.draw(st.integers(0, each.most)) for each in questions}
    worth = score(card, answers).per_mille
    got = [Fraction(each.weight * answers[each.name], each.most) for each in questions]
    exact = sum(got, Fraction(0)) / sum(each.weight for each in questions)
    assert abs(Fraction(worth) - exact * 1000) <= Fraction(1, 2)
    for each in questions:
        if answers[each.name] < each.most:
            assert score(card, {**answers, each.name: answers[each.name] + 1}).per_mille >= worth
    assert Decimal(worth) in (Decimal(number) for number in range(1001))


def candidates(count: int, agents: int = 3) -> list[Candidate]:
    return [Candidate(number, str(2000 + number % agents), "sales", 60_000) for number in range(count)]


@given(st.randoms(), st.integers(1, 5))
def test_a_draw_is_the_same_in_whatever_order_the_recordings_come(random: object, per_agent: int) -> None:
    given_ = candidates(30)
    samples = [Sample(per_agent=per_agent)]
    drawn = list(draw("card", samples, "2026-W47", given_))
    shuffled = given_[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert list(draw("card", samples, "2026-W47", shuffled)) == drawn
    assert len(drawn) == 3 * per_agent
    other_week = {each.candidate.recording for each in draw("card", samples, "2026-W48", given_)}
    assert per_agent == 10 or other_week != {each.candidate.recording for each in drawn} or per_agent > 3


def test_everybody_is_drawn_as_often() -> None:
    hits = dict.fromkeys(range(20), 0)
    for week in range(2000):
        for each in draw("card", [Sample(per_agent=1)], f"w{week}", candidates(20, agents=1)):
            hits[each.candidate.recording] += 1
    assert all(60 <= count <= 145 for count in hits.values()), hits  # 100 each; six sigma


def test_rules_hold_and_never_draw_the_same_twice() -> None:
    those = [
        Candidate(1, "2001", "sales", 10_000),
        Candidate(2, "2001", "sales", 60_000, ("order",)),
        Candidate(3, "2001", "service", 60_000, ("complaint",)),
        Candidate(4, "2001", "service", 9_999_000),
    ]
    rules = [Sample(per_agent=2, queues=("service",)), Sample(per_agent=5, dispositions=("complaint", "order"))]
    assert [(each.rule, each.candidate.recording) for each in draw("card", rules, "w", those)] == [(0, 3), (1, 2)]


def test_what_was_reviewed_counts_so_that_more_calls_undo_no_work() -> None:
    first = candidates(4, agents=1)
    (chosen,) = draw("card", [Sample(per_agent=1)], "w", first)
    done = [Candidate(c.recording, c.agent, c.queue, c.milliseconds, (), c == chosen.candidate) for c in first]
    more = [*done, *(Candidate(number, "2000", "sales", 60_000) for number in range(100, 200))]
    (again,) = draw("card", [Sample(per_agent=1)], "w", more)
    assert again.candidate.recording == chosen.candidate.recording


ANNA, QUINN = Actor("anna", "", judges=True), Actor("quinn", "", judges=True)
ABEL, BEN = Actor("abel", "2001", judges=False), Actor("ben", "2002", judges=False)
THEIRS = Parties("2001", "anna")


def test_the_whole_life_of_a_review() -> None:
    state = State.DRAFT
    for actor, step, then in (
        (ANNA, Step.WRITE, State.DRAFT),
        (ANNA, Step.SUBMIT, State.SUBMITTED),
        (ABEL, Step.DISPUTE, State.DISPUTED),
        (QUINN, Step.SETTLE, State.SETTLED),
    ):
        assert may(actor, step, THEIRS)
        following = after(state, step)
        assert following is then
        state = following
    assert all(after(State.SETTLED, step) is None for step in Step)
    assert all(after(State.ACKNOWLEDGED, step) is None for step in Step)


def test_nobody_does_what_is_not_theirs() -> None:
    allowed = {
        (actor.login, step)
        for actor, step in itertools.product((ANNA, QUINN, ABEL, BEN), Step)
        if may(actor, step, THEIRS)
    }
    assert allowed == {
        ("anna", Step.WRITE), ("anna", Step.SUBMIT), ("abel", Step.ACKNOWLEDGE), ("abel", Step.DISPUTE),
        ("quinn", Step.SETTLE),
    }  # fmt: skip
    nobody = Actor("x", "", judges=False)
    assert not any(may(nobody, step, Parties("", "anna")) for step in Step), "who has no number is nobody's agent"


def test_agents_see_what_was_submitted_about_them_and_nothing_else() -> None:
    assert {state for state in State if sees(ABEL, state, THEIRS)} == set(State) - {State.DRAFT}
    assert not any(sees(BEN, state, THEIRS) for state in State)
    assert not any(sees(ABEL, state, Parties("2001", "anna", calibration=True)) for state in State)
    assert all(sees(QUINN, state, THEIRS) for state in State)


def test_calibration_says_where_reviewers_differ() -> None:
    found = calibrate(
        CARD,
        {"anna": GOOD, "quinn": {**GOOD, "solved": 2}, "super": {**GOOD, "offered": 1}},
    )
    assert found is not None
    assert found.scores == {"anna": 867, "quinn": 600, "super": 900}
    assert found.spread == 300
    assert (found.questions["greeted"].spread, found.questions["greeted"].agreement) == (0, 1000)
    assert (found.questions["solved"].spread, found.questions["solved"].agreement) == (400, 333)
    assert found.questions["offered"].spread == 1000, "one says that it does not apply"
    assert calibrate(CARD, {"anna": GOOD}) is None


def written(directory: Path, text: str) -> Path:
    (directory / "scorecards").mkdir()
    (directory / "scorecards/one.toml").write_text(textwrap.dedent(text), encoding="utf-8")
    return directory


QUESTION = 'title = {en = "?"}\n[[sections]]\nname = "aa"\ntitle = {en = "?"}\n'


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('name = "q1"\ntext = {en = "?"}\nkind = "scale"\nfatal = true', 5, "only a yes-no"),
        ('name = "q1"\ntext = {en = "?"}\nbest = 4', 5, "best is for a scale"),
        ('name = "q1"\ntext = {en = "?"}\noptional = true', 1, "nothing to score"),
        ('name = "q1"\ntext = {en = "?"}\nweight = 0', 1, "nothing to score"),
        ('name = "q1"\ntext = {en = "?"}\nweigth = 3', 8, "unknown key"),
    ],
)
def test_a_scorecard_with_a_fault_says_where(tmp_path: Path, text: str, line: int, why: str) -> None:
    with pytest.raises(FaultsFound) as found:
        load_scorecards(written(tmp_path, f"{QUESTION}[[sections.questions]]\n{text}\n"))
    (fault,) = found.value.faults
    assert (fault.line, fault.code) == (line, "SCORECARD")
    assert why in fault.message


def test_samples_of_what_is_not_there_are_faults(tmp_path: Path) -> None:
    first, second = 'queues = ["nowhere", "sales"]', 'dispositions = ["lost"]'
    text = f"[[samples]]\nper_agent = 1\n{first}\n[[samples]]\nper_agent = 1\n{second}\n"
    whole = f'{QUESTION}[[sections.questions]]\nname = "q1"\ntext = {{en = "?"}}\n{text}'
    found, wrong = read_scorecards(written(tmp_path, whole))
    assert not wrong
    told = [(fault.line, fault.message) for fault in unknown_names(found, frozenset({"sales"}), frozenset())]
    assert told == [
        (10, "queues: there is no nowhere: nothing is drawn"),
        (13, "dispositions: there is no lost: nothing is drawn"),
    ]


def test_the_shipped_scorecards_are_good() -> None:
    cards = load_scorecards(shipped("dialplan"))
    assert cards
    for card in cards.values():
        best: Answers = {each.name: each.most for each in card.questions}
        assert score(card, best).per_mille == 1000
        assert Scorecard.model_validate_json(card.content) == card


def test_ccore_check_reads_scorecards(tmp_path: Path) -> None:
    site = working_copy(tmp_path)
    card = site / "dialplan/scorecards/service.toml"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace('["complaint"]', '["complaints"]'), encoding="utf-8")
    found = [fault for fault in check(site / "ccore.toml") if fault.code == "SCORECARD"]
    assert [fault.message for fault in found] == ["dispositions: there is no complaints: nothing is drawn"]
    assert text.splitlines()[found[0].line - 1] == 'dispositions = ["complaint"]'
