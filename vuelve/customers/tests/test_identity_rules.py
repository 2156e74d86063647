"""The promises of `rules/identity.py`, over any order, repetition and cut into batches."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from vuelve.customers.contracts import Identifier, IdentifierKind
from vuelve.customers.rules.identity import Claim, Holder, Sighting, resolve

START = datetime(2026, 3, 1, tzinfo=UTC)
SHOP = 1


def user(value: str) -> Identifier:
    return Identifier(SHOP, IdentifierKind.USER, value)


def email(value: str) -> Identifier:
    return Identifier(SHOP, IdentifierKind.EMAIL, value)


def phone(value: str) -> Identifier:
    return Identifier(SHOP, IdentifierKind.PHONE, value)


def anonymous(value: str) -> Identifier:
    return Identifier(SHOP, IdentifierKind.ANONYMOUS, value)


def saw(*identifiers: Identifier, minute: int, identify: bool = True, key: str = "") -> Sighting:
    return Sighting(
        identifiers=tuple(sorted(identifiers, key=lambda each: each.kind)),
        at=START + timedelta(minutes=minute),
        message_id=key or f"m{minute}",
        is_identify=identify,
    )


@dataclass
class Memory:
    """What the database keeps between batches."""

    claims: dict[Identifier, Claim] = field(default_factory=dict)
    holders: dict[int, Holder] = field(default_factory=dict)
    alias: dict[int, int] = field(default_factory=dict)
    stamps: dict[Sighting, int] = field(default_factory=dict)

    def take(self, batch: Sequence[Sighting]) -> "Memory":
        wanted = {identifier for sighting in batch for identifier in sighting.identifiers}
        known = {
            identifier: replace(claim, customer=self.canonical(claim.customer))
            for identifier, claim in self.claims.items()
            if identifier in wanted
        }
        holders = [
            replace(self.holders[customer]) for customer in {claim.customer for claim in known.values()}
        ]
        resolution = resolve(batch, claims=known, holders=holders)
        new_ids = {holder.id: len(self.holders) + n for n, holder in enumerate(resolution.created, start=1)}
        for holder in resolution.created:
            self.holders[new_ids[holder.id]] = replace(holder, id=new_ids[holder.id])
        for holder in resolution.changed:
            self.holders[holder.id] = holder
        for identifier, claim in resolution.claims.items():
            self.claims[identifier] = replace(claim, customer=new_ids.get(claim.customer, claim.customer))
        for merged, into in resolution.merged.items():
            assert merged not in self.alias
            assert self.holders[merged].user_id is None
            self.alias[merged] = new_ids.get(into, into)
            for customer, canonical in self.alias.items():
                if canonical == merged:
                    self.alias[customer] = self.alias[merged]
        for sighting in batch:
            self.stamps.setdefault(sighting, self.owner(sighting.identifiers[0]))
        return self

    def canonical(self, customer: int) -> int:
        return self.alias.get(customer, customer)

    def owner(self, identifier: Identifier) -> int:
        return self.canonical(self.claims[identifier].customer)

    def groups(self) -> set[frozenset[Sighting]]:
        found: dict[int, set[Sighting]] = defaultdict(set)
        for sighting, customer in self.stamps.items():
            found[self.canonical(customer)].add(sighting)
        return {frozenset(group) for group in found.values()}


def remembered(*batches: Sequence[Sighting]) -> Memory:
    memory = Memory()
    for batch in batches:
        memory.take(batch)
    return memory


# --- any events at all -----------------------------------------------------------------------------

sightings = st.builds(
    saw,
    st.sampled_from([user("u1"), user("u2"), user("u3")]) | st.sampled_from([email("e1"), email("e2")]),
    st.sampled_from([phone("p1"), phone("p2"), email("e3")])
    | st.sampled_from([anonymous("a1"), anonymous("a2")]),
    st.sampled_from([anonymous("a1"), anonymous("a2"), anonymous("a3")]),
    minute=st.integers(0, 12),
    identify=st.booleans(),
    key=st.sampled_from(["k1", "k2", "k3"]),
) | st.builds(
    saw,
    st.sampled_from([user("u1"), email("e1"), email("e2"), phone("p1"), anonymous("a1"), anonymous("a2")]),
    minute=st.integers(0, 12),
    identify=st.booleans(),
)


def distinct(events: Iterable[Sighting]) -> list[Sighting]:
    """An event names an identifier once, and has a message id of its own."""
    return [
        replace(
            event,
            identifiers=tuple(dict.fromkeys(event.identifiers)),
            message_id=f"{event.message_id}.{position}",
        )
        for position, event in enumerate(events)
    ]


histories = st.lists(sightings, min_size=1, max_size=14).map(distinct)


@st.composite
def arrivals(draw: st.DrawFn, events: Sequence[Sighting]) -> list[list[Sighting]]:
    """The same events in another order, some of them twice, cut into batches anywhere."""
    repeated = list(events) + draw(st.lists(st.sampled_from(events), max_size=4))
    order = draw(st.permutations(repeated))
    cuts = sorted(draw(st.sets(st.integers(0, len(order)), max_size=5)) | {0, len(order)})
    return [order[start:end] for start, end in pairwise(cuts) if start < end]


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_one_batch_gives_the_same_whatever_the_order_and_the_repetition(data: st.DataObject) -> None:
    events = data.draw(histories)
    other = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=4))))
    first, second = remembered(events), remembered(other)
    assert first.groups() == second.groups()
    assert partition(first) == partition(second)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_what_holds_however_events_arrive(data: st.DataObject) -> None:
    events = data.draw(histories)
    memory = remembered(*data.draw(arrivals(events)))
    # Aliases are flat, and lead to a customer that was not merged itself.
    assert not set(memory.alias.values()) & set(memory.alias)
    # Two user ids never merge: each has a customer of its own.
    users = {identifier for identifier in memory.claims if identifier.kind == IdentifierKind.USER}
    assert len({memory.owner(each) for each in users}) == len(users)
    assert not any(memory.holders[merged].user_id for merged in memory.alias)
    # An event that names a user id is that user's.
    for event, customer in memory.stamps.items():
        if event.identifiers[0].kind == IdentifierKind.USER:
            assert memory.canonical(customer) == memory.owner(event.identifiers[0])
    # What an identify call with a user id named belongs to the earliest of them.
    for identifier, claimant in earliest_claimants(events).items():
        assert memory.owner(identifier) == memory.owner(claimant), identifier


def earliest_claimants(events: Iterable[Sighting]) -> dict[Identifier, Identifier]:
    found: dict[Identifier, tuple[datetime, str, tuple[Identifier, ...]]] = {}
    for event in events:
        if event.is_identify and event.identifiers[0].kind == IdentifierKind.USER:
            for identifier in event.identifiers[1:]:
                claim = (event.at, event.message_id, event.identifiers)
                found[identifier] = min(found.get(identifier, claim), claim)
    return {identifier: claim[2][0] for identifier, claim in found.items()}


def partition(memory: Memory) -> set[frozenset[Identifier]]:
    found: dict[int, set[Identifier]] = defaultdict(set)
    for identifier in memory.claims:
        found[memory.owner(identifier)].add(identifier)
    return {frozenset(group) for group in found.values()}


# --- events without a conflict: one user id, one e-mail, one phone a person ------------------------------


@st.composite
def people(draw: st.DrawFn) -> list[Sighting]:
    events: list[Sighting] = []
    for person in range(draw(st.integers(1, 3))):
        own = [
            user(f"u{person}"),
            email(f"e{person}"),
            phone(f"p{person}"),
            *(anonymous(f"a{person}.{n}") for n in range(draw(st.integers(1, 3)))),
        ]
        for _ in range(draw(st.integers(1, 6))):
            ids = draw(st.lists(st.sampled_from(own), min_size=1, max_size=4, unique=True))
            # One event has one anonymous id.
            last = [each for each in ids if each.kind == IdentifierKind.ANONYMOUS][-1:]
            ids = [each for each in ids if each.kind != IdentifierKind.ANONYMOUS] + last
            events.append(
                saw(*ids, minute=draw(st.integers(0, 9)), identify=draw(st.booleans()), key=f"m{len(events)}")
            )
    return events


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_without_a_conflict_any_arrival_gives_the_groups_that_are_linked(data: st.DataObject) -> None:
    events = data.draw(people())
    memory = remembered(*data.draw(arrivals(events)))
    assert memory.groups() == linked(events)


def linked(events: Sequence[Sighting]) -> set[frozenset[Sighting]]:
    """The groups as a plain graph says: events are linked by the identifiers that they name and that count."""
    root: dict[Identifier, Identifier] = {}

    def find(identifier: Identifier) -> Identifier:
        while root.setdefault(identifier, identifier) != identifier:
            identifier = root[identifier]
        return identifier

    for event in events:
        top, *weaker = event.identifiers
        for identifier in weaker:
            if event.is_identify or identifier.kind != IdentifierKind.ANONYMOUS:
                root[find(identifier)] = find(top)
    found: dict[Identifier, set[Sighting]] = defaultdict(set)
    for event in events:
        found[find(event.identifiers[0])].add(event)
    return {frozenset(group) for group in found.values()}


# --- single cases ------------------------------------------------------------------------------------------


def test_an_anonymous_visitor_becomes_the_user_who_signs_up() -> None:
    memory = remembered([saw(anonymous("a"), minute=1)], [saw(user("u"), anonymous("a"), minute=2)])
    assert memory.alias == {}  # the same row, now with a user id: nothing has to be moved
    assert memory.owner(user("u")) == memory.owner(anonymous("a")) == 1


def test_an_anonymous_visitor_is_merged_into_the_user_who_signs_in() -> None:
    memory = remembered(
        [saw(user("u"), minute=0), saw(anonymous("a"), minute=1)],
        [saw(user("u"), anonymous("a"), minute=2)],
    )
    assert memory.alias == {2: 1}
    assert memory.owner(anonymous("a")) == memory.owner(user("u")) == 1


def test_an_email_of_another_user_stays_there() -> None:
    memory = remembered(
        [saw(user("u1"), email("e"), minute=1)],
        [saw(user("u2"), email("e"), minute=2)],
        [saw(email("e"), minute=3)],
    )
    assert memory.alias == {}
    assert memory.owner(email("e")) == memory.owner(user("u1")) != memory.owner(user("u2"))


def test_the_earlier_identify_takes_the_anonymous_id_even_if_it_arrives_later() -> None:
    memory = remembered(
        [saw(user("u2"), anonymous("a"), minute=9)], [saw(user("u1"), anonymous("a"), minute=3)]
    )
    assert memory.owner(anonymous("a")) == memory.owner(user("u1"))
    assert memory.alias == {}


def test_equal_times_are_decided_by_the_message_id() -> None:
    memory = remembered(
        [saw(user("u2"), anonymous("a"), minute=3, key="b")],
        [saw(user("u1"), anonymous("a"), minute=3, key="a")],
    )
    assert memory.owner(anonymous("a")) == memory.owner(user("u1"))


def test_a_track_call_does_not_claim_an_anonymous_id() -> None:
    memory = remembered(
        [saw(user("u1"), anonymous("a"), minute=1, identify=False)],
        [saw(anonymous("a"), minute=2, identify=False)],
        [saw(user("u2"), anonymous("a"), minute=3)],
    )
    assert memory.owner(anonymous("a")) == memory.owner(user("u2"))


def test_one_till_does_not_glue_its_customers_together() -> None:
    till = anonymous("till")
    memory = remembered(
        *([saw(email(f"e{n}"), till, minute=n)] for n in range(5)), [saw(user("u"), till, minute=9)]
    )
    owners = {memory.owner(email(f"e{n}")) for n in range(5)}
    assert len(owners) == 5
    assert memory.owner(till) == memory.owner(user("u")) == memory.owner(email("e0"))


def test_inviting_a_friend_does_not_take_the_friends_address() -> None:
    memory = remembered(
        [saw(user("u"), email("own"), minute=1)],
        [saw(user("u"), email("friend"), minute=2, identify=False)],
        [saw(user("v"), email("friend"), minute=3)],
    )
    assert memory.owner(email("friend")) == memory.owner(user("v"))


def test_a_guest_who_ordered_by_email_becomes_the_user_with_that_email() -> None:
    memory = remembered(
        [saw(email("e"), anonymous("a"), minute=1)],
        [saw(user("u"), minute=2)],
        [saw(user("u"), email("e"), minute=3)],
    )
    assert memory.owner(anonymous("a")) == memory.owner(email("e")) == memory.owner(user("u"))
    assert memory.alias == {1: 2}


def test_chains_of_merges_stay_flat() -> None:
    memory = remembered(
        [
            saw(anonymous("a"), minute=1),
            saw(phone("p"), minute=1),
            saw(email("e"), minute=1),
            saw(user("u"), minute=1),
        ],
        [saw(phone("p"), anonymous("a"), minute=2)],
        [saw(email("e"), phone("p"), minute=3)],
        [saw(user("u"), email("e"), minute=4)],
    )
    assert len(memory.alias) == 3
    assert set(memory.alias.values()) == {memory.owner(user("u"))}


def test_shops_are_apart() -> None:
    elsewhere = Identifier(2, IdentifierKind.EMAIL, "e")
    memory = remembered([saw(email("e"), minute=1), saw(elsewhere, minute=1)])
    assert memory.owner(email("e")) != memory.owner(elsewhere)
