"""The table of an order's life, and what each move means for its subscriber and its sellers."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ccore.ordering.life import ENDS, LIVE, MOVES, SOLD, State, comes_from, gives_back, told, wanted

ALL = [(was, became) for was in State for became in MOVES[was]]


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    assert MOVES.keys() == set(State)
    reached, new = {State.RECEIVED}, {State.RECEIVED}
    while new := {after for state in new for after in MOVES[state]} - reached:
        reached |= new
    assert reached == set(State)


def test_lives_end() -> None:
    """No way leads back, so that whoever moves an order on never goes round."""
    assert {State.REJECTED, State.EXPIRED, State.CANCELLED} == ENDS

    def ways(state: State, before: tuple[State, ...]) -> None:
        assert state not in before
        for after in MOVES[state]:
            ways(after, (*before, state))

    ways(State.RECEIVED, ())


def test_a_provider_is_asked_only_for_what_is_wanted() -> None:
    assert comes_from(State.ACTIVATING) == {State.CONFIRMED}
    assert comes_from(State.REJECTED) == {State.ACTIVATING}
    assert wanted(provided=True) is State.CONFIRMED
    assert wanted(provided=False) is State.ACTIVE


@given(st.data())
def test_whatever_happens_a_subscriber_is_told_of_it_and_never_the_same_thing_twice(data: st.DataObject) -> None:
    state, said = State.RECEIVED, []
    while MOVES[state]:
        became = data.draw(st.sampled_from(sorted(MOVES[state])))
        if kind := told(state, became):
            said.append(kind)
        state = became
        if data.draw(st.booleans()):
            break
    assert len(said) == len(set(said))
    if state in SOLD:
        assert "order-accepted" in said
    if state in ENDS:
        assert said[-1] in {"order-failed", "order-expired", "order-cancelled"}


def test_what_was_sold_and_ends_is_given_back() -> None:
    assert {pair for pair in ALL if gives_back(*pair)} == {
        (was, became) for was, became in product(SOLD, ENDS) if became in MOVES[was]
    }
    assert SOLD < LIVE
    assert not LIVE & ENDS
