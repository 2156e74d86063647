"""Where customers are, and what templates are told of them."""

import json
import os
from zoneinfo import available_timezones

import psycopg
from babel.core import get_global

from vuelve.customers.liquid import CustomerObject
from vuelve.customers.tests.world import Identity, minute, user
from vuelve.platform.db import ROLES, for_shop
from vuelve.platform.extension import MessageSubject
from vuelve.platform.ids import CustomerId, MessageId
from vuelve.shops.models import Shop
from vuelve.testing import identify, make_shop, track


def test_every_country_has_a_zone_of_its_own_that_all_know(shop: Shop) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as owner:
        rows = owner.execute("SELECT country, time_zone FROM customers_country").fetchall()
        countries: dict[str, str] = {row[0]: row[1] for row in rows}
        known = {row[0] for row in owner.execute("SELECT name FROM pg_timezone_names").fetchall()}
    zones_of = get_global("territory_zones")
    assert len(countries) > 240
    assert {country for country, zone in countries.items() if zone not in zones_of[country]} == set()
    assert set(countries.values()) - known == set()
    assert set(countries.values()) - available_timezones() == set()
    assert countries["MX"] == "America/Mexico_City"
    assert countries["BR"] == "America/Sao_Paulo"
    assert countries["ES"] == "Europe/Madrid"


def test_the_place_is_the_customers_else_the_countrys_else_the_shops(identity: Identity) -> None:
    own = {"country": "MX", "timezone": "America/Tijuana", "locale": "es-MX"}
    identify(identity.shop, "own", traits=own, at=minute(0))
    identify(identity.shop, "country", traits={"country": "BR"}, at=minute(0))
    identify(identity.shop, "shop", at=minute(0))
    identity.run()
    assert identity.rows(
        "SELECT c.user_id, p.country, p.time_zone, p.locale FROM customers_place p "
        "JOIN customers_customer c ON c.id = p.customer_id ORDER BY c.user_id"
    ) == [
        ("country", "BR", "America/Sao_Paulo", "es"),
        ("own", "MX", "America/Tijuana", "es-MX"),
        ("shop", "MX", "America/Mexico_City", "es"),
    ]


def test_places_of_other_shops_are_not_seen(identity: Identity) -> None:
    identify(identity.shop, "u", at=minute(0))
    identity.run()
    with for_shop(Identity(make_shop()).id) as cursor:
        assert cursor.execute("SELECT FROM customers_place").fetchall() == []
    for role in ("web", "worker"):
        with psycopg.connect(os.environ["DATABASE_URL"], options=f"-c role={ROLES[role]}") as conn:
            assert conn.execute("SELECT FROM customers_place").fetchall() == []


def load(identity: Identity, **customers: int) -> dict[str, dict[str, object]]:
    names = dict(enumerate(customers, start=1))
    subjects = [
        MessageSubject(MessageId(number), CustomerId(customers[name]), None, None, {}, "es")
        for number, name in names.items()
    ]
    with for_shop(identity.id) as cursor:
        loaded = CustomerObject().load(cursor, identity.id, subjects)
    json.dumps(loaded)  # a message keeps what its template was given
    return {names[message]: value for message, value in loaded.items()}


def test_templates_know_columns_and_traits(identity: Identity) -> None:
    identify(
        identity.shop,
        "u",
        traits={
            "firstName": "Ana",
            "plan": "Pro",
            "size": 38,
            "score": 1.5,
            "vip": True,
            "gone": None,
            "address": {"city": "Lima", "country": "PE"},
        },
        at=minute(0),
    )
    identity.run()
    customer = load(identity, u=user(identity, "u"))["u"]
    assert (customer["first_name"], customer["name"], customer["country"]) == ("Ana", "Ana", "PE")
    assert customer["traits"] == {
        "first_name": "Ana",
        "plan": "Pro",
        "size": 38,
        "score": 1.5,
        "vip": True,
        "gone": None,
        "country": "PE",
        "address": {"city": "Lima", "country": "PE"},
    }


def test_a_merged_id_gives_the_customer_it_was_merged_into(identity: Identity) -> None:
    identify(identity.shop, "u", traits={"firstName": "Ana"}, at=minute(0))
    visit = track(identity.shop, "Product Viewed", anonymous_id="a", at=minute(0))
    identity.run()
    merged = identity.events_of()[visit]
    identify(identity.shop, "u", anonymous_id="a", at=minute(1))
    identity.run()
    found = load(identity, direct=user(identity, "u"), merged=merged, nobody=2**60)
    assert set(found) == {"direct", "merged"}
    assert found["direct"] == found["merged"]


def test_another_shops_customer_is_nobody(identity: Identity) -> None:
    identify(identity.shop, "u", at=minute(0))
    identity.run()
    assert load(Identity(make_shop()), u=user(identity, "u")) == {}
