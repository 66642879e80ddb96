"""How far reviewers of the same call agree: question by question, and in what the call is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ccore.quality.score import ALL, Answers, score
from ccore.quality.scorecard import Question, Scorecard


@dataclass(frozen=True, slots=True)
class Spread:
    """Of one question: every reviewer's answer, the distance of the farthest two, and how many pairs agree (per mille).

    ``spread`` is per mille of the scale; all of it where one says that the question does not apply and one answers it.
    """

    answers: Mapping[str, int | None]
    spread: int
    agreement: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of all: by question, what each reviewer's answers are worth, the distance of the farthest two, and agreement."""

    questions: Mapping[str, Spread]
    scores: Mapping[str, int]
    spread: int
    agreement: int


def calibrate(card: Scorecard, reviews: Mapping[str, Answers]) -> Calibration | None:
    """Compare complete answers by their reviewers; None: there are not two."""
    if len(reviews) < 2:
        return None
    questions = {question.name: _spread(question, reviews) for question in card.questions}
    scores = {reviewer: score(card, answers).per_mille for reviewer, answers in reviews.items()}
    agreement = sum(each.agreement for each in questions.values()) // len(questions)
    return Calibration(questions, scores, max(scores.values()) - min(scores.values()), agreement)


def _spread(question: Question, reviews: Mapping[str, Answers]) -> Spread:
    answers = {reviewer: given[question.name] for reviewer, given in reviews.items()}
    pairs = list(combinations(answers.values(), 2))
    agreed = sum(one == other for one, other in pairs)
    return Spread(answers, _distance(question, list(answers.values())), ALL * agreed // len(pairs))


def _distance(question: Question, answers: Sequence[int | None]) -> int:
    said = [answer for answer in answers if answer is not None]
    if len(said) not in {0, len(answers)}:
        return ALL
    return ALL * (max(said) - min(said)) // question.most if said else 0
