"""Any order, repetition and cut into batches of the same events gives the same customers, traits and consents."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from vuelve.customers.consumers import IdentityConsumer
from vuelve.customers.tests.reference import ANONYMOUS, EMAIL, PHONE, USER, Sighting, groups_of
from vuelve.customers.tests.world import Identity, minute
from vuelve.events.contracts import Kind
from vuelve.events.services import open_staging, prepare_log, record_staged
from vuelve.platform.db import copy_rows, for_shop
from vuelve.platform.extension import registry
from vuelve.testing import make_shop

# One customer writes a number in several ways.
PHONES = {
    "5215512345678": "+525512345678",
    "55 1234 5678": "+525512345678",
    "+5215512345678": "+525512345678",
    "+525587654321": "+525587654321",
}
RECEIVED = minute(1000)


@dataclass(frozen=True)
class Happening:
    """One event; identifiers by their bare names, which each world makes its own."""

    kind: int
    name: str
    at: int
    user: str | None = None
    email: str | None = None
    phone: str | None = None
    anonymous: str | None = None
    said: tuple[tuple[str, Any], ...] = ()

    @property
    def is_of_somebody(self) -> bool:
        return any((self.user, self.email, self.phone, self.anonymous))


@dataclass(frozen=True)
class Event:
    """A happening in one of the worlds, as it is sent."""

    what: Happening
    world: str
    message_id: str

    def value(self, kind: int) -> str | None:
        what = self.what
        match kind:
            case 1:
                return f"{what.user}.{self.world}" if what.user else None
            case 2:
                return f"{what.email}.{self.world}@example.com" if what.email else None
            case 3:
                return _phone_of(PHONES[what.phone], self.world) if what.phone else None
            case _:
                return f"{what.anonymous}.{self.world}" if what.anonymous else None

    @property
    def properties(self) -> dict[str, Any]:
        said = dict(self.what.said)
        if self.what.email and self.what.kind == Kind.IDENTIFY:
            said["email"] = self.value(EMAIL)
        if self.what.name == "Order Completed":
            said |= {"order_id": self.message_id, "currency": "MXN", "total": 10}
        if self.what.phone:
            said["phone"] = _phone_of(self.what.phone, self.world)
        return said

    @property
    def sighting(self) -> Sighting:
        names = [(kind, self.value(kind)) for kind in (USER, EMAIL, PHONE, ANONYMOUS)]
        return Sighting(
            names=tuple((kind, value) for kind, value in names if value),
            is_identify=self.what.kind in (Kind.IDENTIFY, Kind.ALIAS),
            at=minute(self.what.at),
            message_id=self.message_id,
        )


def _phone_of(written: str, world: str) -> str:
    """The same number in another world: its last two digits say which."""
    return written[:-2] + world.zfill(2)


users = st.sampled_from(["u1", "u2", "u3"])
emails = st.sampled_from(["e1", "e2", "e3"])
phones = st.sampled_from(sorted(PHONES))
devices = st.sampled_from(["a1", "a2", "a3"])
times = st.integers(0, 9)
traits = st.dictionaries(
    st.sampled_from(["plan", "first_name", "locale", "time_zone", "country", "created_at"]),
    st.sampled_from([None, "x", "pt-BR", "America/Lima", "MX", "2024-02-03", 7]),
    max_size=3,
)
stated = st.fixed_dictionaries(
    {"consents": st.fixed_dictionaries({"email": st.fixed_dictionaries({"marketing": st.booleans()})})}
)
decisions = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(["email", "whatsapp"]),
        "purpose": st.just("marketing"),
        "wording": st.sampled_from(["Yes.", "No."]),
        "source": st.sampled_from(["checkout", "traits", "page"]),
    }
)


def some(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | strategy


def items(strategy: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[tuple[tuple[str, Any], ...]]:
    return strategy.map(lambda said: tuple(said.items()))


def happenings() -> st.SearchStrategy[Happening]:
    named = {"user": some(users), "email": some(emails), "phone": some(phones), "anonymous": some(devices)}
    return st.one_of(
        st.builds(Happening, st.just(2), st.just("identify"), times, **named, said=items(traits | stated)),
        st.builds(Happening, st.just(1), st.just("Order Completed"), times, **named),
        st.builds(
            Happening,
            st.just(1),
            st.sampled_from(["Consent Granted", "Consent Revoked"]),
            times,
            **named,
            said=items(decisions),
        ),
        st.builds(Happening, st.just(6), st.just("alias"), times, user=users, anonymous=devices),
    ).filter(lambda what: what.is_of_somebody)


worlds = st.lists(st.lists(happenings(), min_size=2, max_size=14), min_size=6, max_size=12)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event], list[list[Event]]]:
    """Events of several small worlds that have nothing to do with each other; and the same in another order, some of
    them again, cut into batches anywhere.
    """
    events = [
        Event(what, str(world), f"m{world}.{position}")
        for world, history in enumerate(draw(worlds))
        for position, what in enumerate(history)
    ]
    chance = draw(st.randoms(use_true_random=False))
    order = events + chance.sample(events, len(events) // 4)
    chance.shuffle(order)
    cuts = sorted({0, len(order), *(chance.randrange(len(order)) for _ in range(draw(st.integers(0, 5))))})
    return events, [order[start:end] for start, end in pairwise(cuts)]


def send(identity: Identity, events: Sequence[Event]) -> None:
    """Append to the log; a repeat is not told from a new one, as if the key of the first were 30 days old."""
    with for_shop(identity.id) as cursor:
        cursor.execute("DELETE FROM events_key WHERE shop_id = %s", [identity.id])
    once = {event.message_id: event for event in events}
    append(identity, list(once.values()))
    again = list(events)
    for event in once.values():
        again.remove(event)
    if again:
        with for_shop(identity.id) as cursor:
            cursor.execute("DELETE FROM events_key WHERE shop_id = %s", [identity.id])
        append(identity, again)


def append(identity: Identity, events: Sequence[Event]) -> None:
    with for_shop(identity.id) as cursor:
        open_staging(cursor)
        copy_rows(
            cursor,
            "event_staged (shop_id, kind, name, occurred_at, message_id, user_id, anonymous_id, email, properties)",
            (
                (
                    identity.id,
                    event.what.kind,
                    event.what.name,
                    minute(event.what.at),
                    event.message_id,
                    event.value(USER),
                    event.value(ANONYMOUS),
                    event.value(EMAIL),
                    json.dumps(event.properties),
                )
                for event in events
            ),
        )
        record_staged(cursor, now=RECEIVED, source="test", from_outside=True)


def picture(identity: Identity) -> dict[str, Any]:
    """All that follows from the events; customers by their identifiers, since their numbers mean nothing."""
    names: dict[int, list[str]] = {}
    for customer, value in identity.rows(
        "SELECT customer_id, value FROM customers_identifier ORDER BY value"
    ):
        names.setdefault(customer, []).append(value)
    label = {customer: " ".join(values) for customer, values in names.items()}
    rows = identity.rows
    return {
        "customers": sorted(label.values()),
        "nodes": sorted(
            (value, label[canonical])
            for value, canonical in rows(
                "SELECT i.value, coalesce(a.canonical_id, i.node_id) FROM customers_identifier i "
                "LEFT JOIN customers_alias a ON a.customer_id = i.node_id WHERE i.node_id IS NOT NULL"
            )
        ),
        "events": {message: label[customer] for message, customer in identity.events_of().items()},
        "traits": sorted(
            (label[row[0]], *row[1:])
            for row in rows(
                "SELECT customer_id, name, text_value, number_value::text, time_value::text, set_at, message_id FROM customers_trait"
            )
        ),
        "consents": sorted(
            (label[row[0]], *row[1:])
            for row in rows(
                "SELECT customer_id, channel, is_granted, decided_at, message_id, source, wording FROM customers_consent"
            )
        ),
        "profiles": sorted(
            (label[row[0]], *map(str, row[1:]))
            for row in rows(
                "SELECT id, user_id, email, phone, first_name, name, search_key, locale, country, time_zone, created_at, "
                "first_seen_at, last_seen_at FROM customers_customer c "
                "WHERE NOT EXISTS (SELECT FROM customers_alias a WHERE a.customer_id = c.id)"
            )
        ),
        "empty": rows(
            "SELECT count(*) FROM customers_customer c JOIN customers_alias a ON a.customer_id = c.id "
            "WHERE coalesce(c.user_id, c.email, c.phone, c.name, c.search_key, c.locale) IS NOT NULL"
        ),
        "chains": rows(
            "SELECT count(*) FROM customers_alias a JOIN customers_alias b ON b.customer_id = a.canonical_id"
        ),
    }


@given(histories())
# Not made smaller when it fails: each attempt is a shop and some transactions.
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_any_order_and_repetition_gives_the_same(
    database: str, history: tuple[list[Event], list[list[Event]]]
) -> None:
    events, batches = history
    before = registry.consumers[:]
    registry.consumers[:] = [IdentityConsumer()]
    try:
        prepare_log(now=RECEIVED)
        plain, shuffled = Identity(make_shop()), Identity(make_shop())
        append(plain, sorted(events, key=lambda event: (event.what.at, event.message_id)))
        plain.run(RECEIVED)
        for batch in batches:
            send(shuffled, batch)
            shuffled.run(RECEIVED)
        expected = picture(plain)
        assert expected["customers"] == sorted(
            " ".join(sorted(group)) for group in groups_of(event.sighting for event in events)
        )
        assert expected["chains"] == expected["empty"] == [(0,)]
        assert picture(shuffled) == expected
    finally:
        registry.consumers[:] = before
