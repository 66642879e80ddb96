"""What a call is worth by a scorecard, in per mille: answers in, score out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ccore.quality.scorecard import Question, Scorecard

ALL = 1000  # per mille
Answers = Mapping[str, int | None]  # by the question's name; None: it does not apply


@dataclass(frozen=True, slots=True)
class Score:
    """``per_mille`` of all points there were to get, 0 if a question in ``fatal`` was answered no.

    ``sections`` are scored alone, without what is fatal; None where nothing in one applies.
    """

    per_mille: int
    passed: bool
    fatal: tuple[str, ...]
    sections: Mapping[str, int | None]


def missing(card: Scorecard, answers: Answers) -> list[str]:
    """Questions that are not answered."""
    return [question.name for question in card.questions if question.name not in answers]


def faults(card: Scorecard, answers: Answers) -> Iterator[str]:
    """What cannot be an answer."""
    known = {question.name: question for question in card.questions}
    for name, answer in answers.items():
        question = known.get(name)
        if question is None:
            yield f"{name}: there is no such question"
        elif answer is None and not question.optional:
            yield f"{name}: this question always applies"
        elif answer is not None and not 0 <= answer <= question.most:
            yield f"{name}: an answer is 0 to {question.most}"


def score(card: Scorecard, answers: Answers) -> Score:
    """The score of complete answers. Raises ValueError for others."""
    if wrong := [*faults(card, answers), *(f"{name}: is not answered" for name in missing(card, answers))]:
        raise ValueError("; ".join(wrong))
    fatal = tuple(question.name for question in card.questions if question.fatal and answers[question.name] == 0)
    worth = _per_mille(card.questions, answers)
    total = 0 if fatal or worth is None else worth
    sections = {section.name: _per_mille(section.questions, answers) for section in card.sections}
    return Score(total, not fatal and total >= card.pass_percent * 10, fatal, sections)


def _per_mille(questions: Iterable[Question], answers: Answers) -> int | None:
    got, most = Decimal(0), Decimal(0)
    for question in questions:
        if (answer := answers[question.name]) is not None:
            got += Decimal(question.weight * answer) / question.most
            most += question.weight
    return int((got * ALL / most).quantize(Decimal(1), ROUND_HALF_UP)) if most else None
