"""Words by which customers are found: they follow the profile, and nobody is found by what no longer holds."""

from typing import Any

import pytest

from vuelve.customers import queries, queries_search
from vuelve.customers.queries_search import words_of
from vuelve.customers.tests.world import Identity, minute
from vuelve.platform.db import for_shop
from vuelve.testing import identify, track


def listed(identity: Identity, search: str = "", country: str = "", **more: Any) -> list[str | None]:
    with for_shop(identity.id) as cursor:
        rows = queries.list_customers(cursor, identity.id, search=search, country=country, **more)
    return [row.user_id for row in rows]


def words(identity: Identity) -> set[str]:
    return {row[0] for row in identity.rows("SELECT word FROM customers_word")}


@pytest.fixture
def people(identity: Identity) -> Identity:
    for number, (user, traits) in enumerate({
        "A-1": {"name": "José Pérez", "email": "jose.perez@gmail.com", "phone": "+525512345678", "country": "MX"},
        "b-2": {"name": "Zoë O'Neill-Núñez", "email": "zoe@acme.mx", "phone": "+541123456789", "country": "AR"},
        "c-3": {"name": "مريم 🐟 Jo", "email": "jo@example.com", "country": "MX"},
    }.items()):  # fmt: skip
        identify(identity.shop, user, at=minute(number), traits=traits)
    identity.run()
    return identity


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("jose", ["A-1"]), ("JOSÉ", ["A-1"]), ("perez jo", ["A-1"]), ("jo pe", ["A-1"]), ("jo", ["c-3", "A-1"]),
        ("nunez", ["b-2"]), ("neill", ["b-2"]), ("zoe nu", ["b-2"]), ("acme", ["b-2"]), ("zoe@ac", ["b-2"]),
        ("jose.per", ["A-1"]), ("jose.perez@gmail.com", ["A-1"]), ("مريم", ["c-3"]), ("🐟", ["c-3"]),
        ("5512345678", ["A-1"]), ("55 1234-5678", ["A-1"]), ("+52 55 1234 5678", ["A-1"]), ("5678", ["A-1"]),
        ("(11) 2345-6789", ["b-2"]), ("0011 2345 6789", ["b-2"]), ("A-1", ["A-1"]),
        ("gmail", []), ("osé", []), ("perez ana", []), ("%", []), ("c:mx", []), ("", ["c-3", "b-2", "A-1"]),
    ],
)  # fmt: skip
def test_the_list_finds(people: Identity, typed: str, found: list[str]) -> None:
    assert listed(people, typed) == found


def test_by_country_and_both(people: Identity) -> None:
    assert listed(people, country="MX") == ["c-3", "A-1"]
    assert listed(people, "jose", "MX") == ["A-1"]
    assert listed(people, "jose", "AR") == []


def test_where_many_have_a_word_those_seen_last_are_read(
    people: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries_search, "RARE_ENTRIES", 0)
    monkeypatch.setattr(queries_search, "COUNTED_ENTRIES", 0)
    assert listed(people, "jo") == ["c-3", "A-1"]
    assert listed(people, "perez jo", "MX") == ["A-1"]
    assert listed(people, country="AR") == ["b-2"]


def test_pages_follow_one_another(people: Identity) -> None:
    with for_shop(people.id) as cursor:
        [first] = queries.list_customers(cursor, people.id, search="jo", rows=1)
    assert listed(people, "jo", after=(first.last_seen_at, first.id)) == ["A-1"]


def test_a_name_that_changed_is_found_no_more(people: Identity) -> None:
    identify(people.shop, "A-1", at=minute(9), traits={"name": "Pepe Pérez", "phone": None})
    people.run()
    assert listed(people, "pepe") == ["A-1"]
    assert listed(people, "5512345678") == []
    assert "jose" in words(people)  # of the address
    assert "p:876543215525" not in words(people)


def test_who_was_merged_leaves_no_words(identity: Identity) -> None:
    track(identity.shop, "Page Viewed", email="ana@acme.mx", anonymous_id="x", at=minute(0))
    identify(identity.shop, "u1", at=minute(1), traits={"name": "Ana"})
    identity.run()
    identify(identity.shop, "u1", at=minute(2), traits={"email": "ana@acme.mx"})
    identity.run()
    assert listed(identity, "ana") == ["u1"]
    assert len(identity.rows("SELECT DISTINCT customer_id FROM customers_word")) == 1


@pytest.mark.parametrize(
    ("typed", "cut"),
    [
        ("", []), ("  ", []), ("a b c d e f g", ["a", "b", "c", "d", "e"]), ("x" * 99, ["x" * 40]),
        ("123", ["123"]), ("1234", ["p:4321"]), ("0 055-12", ["p:2155"]), ("ana@acme.mx", ["ana", "acme"]), ("ana@gm", ["ana"]), ("ana@gmail.com", ["ana"]),
    ],
)  # fmt: skip
def test_what_is_typed_is_cut_into_words(typed: str, cut: list[str]) -> None:
    assert words_of(typed) == cut
