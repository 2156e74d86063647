"""What must always hold of who counts for whom, on the plain version of the rules that the product is compared with."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from vuelve.customers.tests.reference import (
    ANONYMOUS,
    EMAIL,
    PHONE,
    USER,
    Name,
    Sighting,
    groups_of,
    owners_of,
)
from vuelve.customers.tests.world import NOW

NAMES: list[Name] = [
    *((USER, f"u{n}") for n in range(3)),
    *((EMAIL, f"e{n}") for n in range(3)),
    *((PHONE, f"p{n}") for n in range(2)),
    *((ANONYMOUS, f"a{n}") for n in range(3)),
]


def saw(*names: Name, minute: int, is_identify: bool = True) -> Sighting:
    # An event names one of each kind.
    once = {kind: (kind, value) for kind, value in names}
    return Sighting(
        tuple(sorted(once.values())),
        is_identify,
        NOW + timedelta(minutes=minute),
        f"m{minute}:{sorted(names)}",
    )


sightings = st.lists(
    st.builds(
        lambda names, minute, is_identify: saw(*names, minute=minute, is_identify=is_identify),
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=4),
        st.integers(0, 9),
        st.booleans(),
    ),
    min_size=1,
    max_size=16,
)
vetoes = st.frozensets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=4)


@given(sightings, vetoes)
@settings(max_examples=150, deadline=None)
def test_two_users_never_become_one(events: list[Sighting], vetoes: frozenset[tuple[Name, Name]]) -> None:
    for group in groups_of(events, vetoes):
        assert sum(value.startswith("u") for value in group) <= 1


@given(sightings)
@settings(max_examples=150, deadline=None)
def test_two_emails_without_a_user_never_become_one(events: list[Sighting]) -> None:
    for group in groups_of(events):
        if not any(value.startswith("u") for value in group):
            assert sum(value.startswith("e") for value in group) <= 1


@given(sightings)
@settings(max_examples=150, deadline=None)
def test_a_device_belongs_to_the_earliest_identify_call_of_a_user(events: list[Sighting]) -> None:
    owners = owners_of(events)
    for name in NAMES:
        calls = [
            (event.at, event.message_id, event.top)
            for event in events
            if name[0] == ANONYMOUS and event.is_identify and name in event.names and event.top[0] == USER
        ]
        if calls:
            assert owners[name] == min(calls)[2]


@given(sightings, vetoes)
@settings(max_examples=150, deadline=None)
def test_the_line_of_owners_leads_to_ever_stronger_identifiers(
    events: list[Sighting], vetoes: frozenset[tuple[Name, Name]]
) -> None:
    for name, owner in owners_of(events, vetoes).items():
        assert owner[0] < name[0]
        assert (name, owner) not in vetoes


@given(sightings, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_neither_order_nor_repetition_matters(events: list[Sighting], chance: object) -> None:
    again = [*events, *events[::2]]
    chance.shuffle(again)  # type: ignore[attr-defined]
    assert groups_of(again) == groups_of(events)


def test_the_address_of_who_is_given_a_present_makes_nobody_one() -> None:
    user, own, friend = (USER, "u"), (EMAIL, "own"), (EMAIL, "friend")
    identify, order = saw(user, own, minute=5), saw(user, friend, minute=1, is_identify=False)
    alone = saw(friend, minute=0, is_identify=False)
    assert groups_of([identify, order, alone]) == {frozenset({"u", "own"}), frozenset({"friend"})}
    # Without an identify call the earliest address is taken for their own.
    assert groups_of([order, alone]) == {frozenset({"u", "friend"})}
    later = saw(user, (EMAIL, "third"), minute=9, is_identify=False)
    assert groups_of([order, alone, later]) == {frozenset({"u", "friend"})}


def test_who_is_separated_goes_to_the_next_who_claims() -> None:
    first, second, device = (USER, "u1"), (USER, "u2"), (ANONYMOUS, "a")
    events = [
        saw(first, device, minute=1),
        saw(second, device, minute=2),
        saw(device, minute=0, is_identify=False),
    ]
    assert groups_of(events) == {frozenset({"u1", "a"}), frozenset({"u2"})}
    assert groups_of(events, frozenset({(device, first)})) == {frozenset({"u1"}), frozenset({"u2", "a"})}
    assert groups_of(events, frozenset({(device, first), (device, second)})) == {
        frozenset({"u1"}), frozenset({"u2"}), frozenset({"a"}),
    }  # fmt: skip
