"""Who does what must not wait while the clock is not heard: every worker, until it is heard again."""

from __future__ import annotations

from commerce.standing_in import StandIn

RELAY, CHASE = "relay", "chase"


class Hands:
    """A clock that stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def worker(hands: Hands) -> StandIn:
    """Has heard the clock ask for everything just now."""
    stand_in = StandIn({RELAY: 2, CHASE: 60}, silence=15, clock=hands)
    for name in (RELAY, CHASE):
        stand_in.heard(name, is_clock=True)
    return stand_in


def test_while_the_clock_is_heard_nothing_is_done_unasked() -> None:
    hands = Hands()
    stand_in = worker(hands)

    for _ in range(100):
        hands.now += 10
        stand_in.heard(RELAY, is_clock=True)
        stand_in.heard(CHASE, is_clock=True)
        assert stand_in.overdue() == []


def test_work_that_was_handed_on_is_no_clock() -> None:
    hands = Hands()
    stand_in = worker(hands)

    for _ in range(15):
        hands.now += 1
        stand_in.heard("compare a slice", is_clock=True)
        assert stand_in.overdue() == []
    hands.now += 1

    assert stand_in.overdue() == [RELAY]


def test_after_a_silence_each_duty_is_done_at_its_interval() -> None:
    hands = Hands()
    stand_in = worker(hands)

    done = []
    for _ in range(70):
        hands.now += 1
        done += [(int(hands.now) - 1000, name) for name in stand_in.overdue()]

    assert done == [*_relayed(16, 60), (60, CHASE), *_relayed(62, 70)]


def _relayed(first: int, last: int) -> list[tuple[int, str]]:
    return [(second, RELAY) for second in range(first, last + 1, 2)]


def test_nudges_are_no_clock_but_count_as_done() -> None:
    hands = Hands()
    stand_in = worker(hands)

    for _ in range(59):
        hands.now += 1
        stand_in.heard(RELAY, is_clock=False)
        assert stand_in.overdue() == []
    hands.now += 1
    stand_in.heard(RELAY, is_clock=False)

    assert stand_in.overdue() == [CHASE]


def test_with_the_clock_back_it_ends() -> None:
    hands = Hands()
    stand_in = worker(hands)
    hands.now += 20

    assert stand_in.overdue() == [RELAY]
    stand_in.heard(CHASE, is_clock=True)
    hands.now += 10

    assert stand_in.overdue() == []
