"""Traits: typed, bounded, the newest wins; and the columns that they fill."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations

import pytest

from vuelve.customers.consumers import SKIPPED
from vuelve.customers.queries import preferred_channel
from vuelve.customers.rules.texts import country_code, locale_tag, normal_email, text_key
from vuelve.customers.rules.traits import read_identify
from vuelve.customers.services import resolve
from vuelve.customers.tests.world import Identity, minute, user
from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.phones import phone_e164
from vuelve.testing import identify, track


def read(traits: str, context: str | None = None, country: str = "MX"):  # type: ignore[no-untyped-def]
    return read_identify(traits, context, country=country)


# --- rules -----------------------------------------------------------------------------------------


def test_each_json_type_has_its_column() -> None:
    found = read(
        '{"plan": "Pro", "age": 31, "score": 1.25, "vip": true, "born": "1990-05-17", "gone": null}'
    ).traits
    assert (found["plan"].text, found["plan"].key) == ("Pro", "pro")
    assert [found["age"].number, found["score"].number] == [Decimal("31.000000"), Decimal("1.250000")]
    assert found["vip"].boolean is True
    assert found["vip"].number is None
    assert (found["born"].text, found["born"].time) == ("1990-05-17", datetime(1990, 5, 17, tzinfo=UTC))
    assert (found["gone"].text, found["gone"].number, found["gone"].boolean) == (None, None, None)


def test_camel_case_and_snake_case_are_one_trait() -> None:
    assert set(read('{"firstName": "Ana", "timezone": "America/Lima"}').traits) == {"first_name", "time_zone"}
    assert read('{"first_name": "Ana", "firstName": "Bea"}').traits["first_name"].text == "Ana"


def test_address_is_flattened_by_one_level_and_gives_the_country() -> None:
    found = read('{"address": {"city": "Lima", "country": "Perú", "postalCode": 15001, "geo": {"lat": 1}}}')
    assert {name: trait.text for name, trait in found.traits.items()} == {
        "address.city": "Lima",
        "address.country": "Perú",
        "address.postal_code": "15001",
        "country": "PE",
    }
    assert found.skipped == {"nested": 1}


@pytest.mark.parametrize(
    "number",
    ["1e-99999999999", "-1e-999999999", "0e9999999999", "1e-99999999999999999999", "0e99999999999999999999"],
)
def test_an_exponent_past_a_double_s_is_zero_and_fills_no_memory(number: str) -> None:
    # Identity stops at what it cannot read, and the write key is in every browser.
    found = read(
        f'{{"phone": {number}, "created_at": {number}, "address": {{"postal_code": {number}}}, "n": {number}}}'
    )
    assert found.traits["n"].number == 0
    for name in ("phone", "created_at", "address.postal_code"):
        assert found.traits[name].text in ("0", "-0")
    torn = read(f'{{"broken": "\\ud800", "created_at": {number}}}')
    assert torn.traits["created_at"].text in ("0", "-0")
    assert read('{"created_at": 0.' + "0" * 400 + "1}").traits["created_at"].text == "0"


@pytest.mark.parametrize(
    ("json", "reason"),
    [
        ('{"n": 1e400}', "number_too_large"),
        ('{"n": 99999999999999999999999999}', "number_too_large"),
        ('{"n": [1, 2]}', "nested"),
        ('{"company": {"name": "x"}}', "nested"),
        ("[]", "unreadable"),
        ("[" * 16_000 + "]" * 16_000, "unreadable"),
        ('{"n": ' + "9" * 5_000 + "}", "unreadable"),
        ('{"' + "x" * (limits.TRAIT_NAME_CHARS_MAX + 1) + '": 1}', "name_too_long"),
        ('{"": 1}', "name_too_long"),
        ('{"consents": {"email": true}}', "consent_unknown"),
    ],
)
def test_what_cannot_be_kept_is_counted(json: str, reason: str) -> None:
    found = read(json)
    assert found.traits == {}
    assert found.skipped == {reason: 1}


def test_too_many_and_too_long_are_cut() -> None:
    many = read("{" + ", ".join(f'"t{n}": {n}' for n in range(limits.TRAITS_PER_EVENT_MAX + 7)) + "}")
    assert len(many.traits) == limits.TRAITS_PER_EVENT_MAX
    assert many.skipped == {"too_many": 7}
    long = read('{"t": "' + "x" * 2_000 + '"}')
    assert len(long.traits["t"].text) == limits.TRAIT_TEXT_CHARS_MAX
    assert long.skipped == {"text_cut": 1}


def test_what_postgresql_cannot_hold_is_taken_out() -> None:
    found = read('{"nul": "a\\u0000b", "half": "a\\ud800b", "key\\u0000": 1}').traits
    assert {name: trait.text for name, trait in found.items()} == {"nul": "ab", "half": "a?b", "key": None}


def test_one_spelling_each() -> None:
    assert text_key("  ÁRBOL Ñandú ") == "arbol nandu"
    assert text_key("STRASSE") == text_key("straße")
    assert normal_email(" Ana@Example.COM ") == "ana@example.com"
    assert [normal_email("ana"), normal_email("a@b"), normal_email("a b@c.com")] == [None, None, None]
    assert phone_e164("11 91234-5678", "BR") == "+5511912345678"
    assert phone_e164("+34 612 34 56 78", "MX") == "+34612345678"
    assert [phone_e164("123", "MX"), phone_e164("x" * 500, "MX"), phone_e164("5512345678", "??")] == [
        None
    ] * 3
    assert [country_code(text) for text in ("mx", "Brasil", "Brazil", "Estados Unidos", "EU", "zz", "")] == [
        "MX", "BR", "BR", "US", None, None, None,
    ]  # fmt: skip
    assert [locale_tag(text) for text in ("es_MX.UTF-8", "pt-br", "zh-Hans-CN", "es-419", "?")] == [
        "es-MX", "pt-BR", "zh-CN", "es-419", None,
    ]  # fmt: skip


# --- on PostgreSQL ------------------------------------------------------------------------------------


def test_reserved_traits_fill_the_columns(identity: Identity) -> None:
    identify(
        identity.shop,
        "u",
        traits={
            "firstName": "Íñigo",
            "last_name": "Núñez",
            "email": "INIGO@Example.com",
            "phone": "55 1234 5678",
            "locale": "es_MX",
            "address": {"country": "México"},
            "timezone": "America/Tijuana",
            "createdAt": "2024-02-03T10:00:00Z",
        },
        at=minute(0),
    )
    identity.run()
    columns = "email, phone, first_name, last_name, name, locale, country, time_zone, search_key, created_at"
    assert identity.rows(f"SELECT {columns} FROM customers_customer") == [
        (
            "inigo@example.com",
            "+525512345678",
            "Íñigo",
            "Núñez",
            "Íñigo Núñez",
            "es-MX",
            "MX",
            "America/Tijuana",
            "inigo nunez inigo@example.com u",
            datetime(2024, 2, 3, 10, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize(
    ("stated", "channel"),
    [("WhatsApp", "whatsapp"), ("Correo electrónico", "email"), ("SMS", "sms"), ("paloma", None), ("", None)],
)
def test_the_channel_that_a_customer_prefers(identity: Identity, stated: str, channel: str | None) -> None:
    identify(identity.shop, "u", traits={"preferredChannel": stated}, at=minute(0))
    identity.run()
    customer = resolve(shop=identity.id, user_id="u")
    assert customer is not None
    with for_shop(identity.id) as cursor:
        assert preferred_channel(cursor, identity.id, customer) == channel


def test_the_newest_trait_stays_whatever_arrives_last(identity: Identity) -> None:
    calls = [(3, "c"), (1, "a"), (2, "b")]
    for number, order in enumerate(permutations(calls)):
        for at, plan in order:
            identify(
                identity.shop, f"u{number}", traits={"plan": plan, "name": f"Name {plan}"}, at=minute(at)
            )
            if number % 2:
                identity.run()
    identity.run()
    assert {
        row[0] for row in identity.rows("SELECT text_value FROM customers_trait WHERE name = 'plan'")
    } == {"c"}
    assert {row[0] for row in identity.rows("SELECT name FROM customers_customer")} == {"Name c"}


def test_a_trait_that_is_taken_away_is_gone_and_stays_gone(identity: Identity) -> None:
    identify(identity.shop, "u", traits={"plan": "pro", "phone": "+525512345678"}, at=minute(1))
    identify(identity.shop, "u", traits={"plan": None, "phone": None}, at=minute(3))
    identity.run()
    identify(identity.shop, "u", traits={"plan": "basic"}, at=minute(2))
    identity.run()
    customer = user(identity, "u")
    assert identity.traits(customer)["plan"] is None
    assert identity.column("phone", customer) is None


def test_invalid_values_stay_traits_and_fill_no_column(identity: Identity) -> None:
    traits = {
        "email": "nobody",
        "phone": "12",
        "country": "Atlantis",
        "timezone": "Mars/Olympus",
        "locale": "??",
    }
    identify(identity.shop, "u", traits=traits, at=minute(0), message_id="odd")
    identity.run()
    assert identity.rows("SELECT email, phone, country, time_zone, locale FROM customers_customer") == [
        (None,) * 5
    ]
    assert identity.traits(user(identity, "u"))["country"] == "Atlantis"


def test_the_context_says_what_no_trait_says(identity: Identity) -> None:
    from vuelve.events.services import open_staging, record_staged
    from vuelve.platform.db import for_shop

    with for_shop(identity.id) as cursor:
        open_staging(cursor)
        for user_id, traits in (("u", "{}"), ("v", '{"locale": "es", "timezone": "America/Bogota"}')):
            cursor.execute(
                "INSERT INTO pg_temp.event_staged (shop_id, kind, name, occurred_at, message_id, user_id, properties, context) "
                "VALUES (%s, 2, 'identify', %s, %s, %s, %s, %s)",
                [
                    identity.id,
                    minute(0),
                    user_id,
                    user_id,
                    traits,
                    '{"locale": "pt-BR", "timezone": "America/Recife"}',
                ],
            )
        record_staged(cursor, now=minute(0), source="test", from_outside=True)
    identity.run()
    assert identity.rows("SELECT user_id, locale, time_zone FROM customers_customer ORDER BY user_id") == [
        ("u", "pt-BR", "America/Recife"),
        ("v", "es", "America/Bogota"),
    ]


def test_json_that_postgresql_cannot_unpack_does_not_stop_the_line(identity: Identity) -> None:
    before = SKIPPED.labels("unreadable")._value.get()
    identity.raw_identify('{"plan": "a\\u0000b", "half": "\\ud800"}', user_id="u", at=minute(0), key="nul")
    identity.raw_identify(
        '{"consents": {"e\\u0000": {"marketing": true}}}', user_id="u", at=minute(0), key="nul2"
    )
    identity.raw_identify("[1]", user_id="u", at=minute(0), key="list")
    identify(identity.shop, "v", traits={"plan": "pro"}, at=minute(1))
    identity.run()
    assert identity.traits(user(identity, "u")) == {"plan": "ab", "half": "?"}
    assert identity.traits(user(identity, "v")) == {"plan": "pro"}
    assert SKIPPED.labels("unreadable")._value.get() == before + 1


def test_a_merge_brings_traits_together_and_the_newest_stays(identity: Identity) -> None:
    identify(identity.shop, "u", traits={"plan": "old", "city": "Lima"}, at=minute(1))
    track(
        identity.shop,
        "identify",
        kind=2,
        anonymous_id="a",
        at=minute(2),
        properties={"plan": "new", "size": 38},
    )
    track(
        identity.shop,
        "identify",
        kind=2,
        anonymous_id="a",
        at=minute(0),
        properties={"city": "Cusco", "firstName": "Ana"},
    )
    identity.run()
    identify(identity.shop, "u", anonymous_id="a", at=minute(3))
    identity.run()
    customer = user(identity, "u")
    assert identity.traits(customer) == {"plan": "new", "size": 38, "city": "Lima", "first_name": "Ana"}
    assert identity.column("first_name", customer) == "Ana"
    assert identity.column("first_seen_at", customer) == minute(0)
    assert identity.rows("SELECT DISTINCT customer_id FROM customers_trait") == [(customer,)]


def test_an_order_by_email_alone_gives_the_customer_an_address_to_write_to(identity: Identity) -> None:
    track(identity.shop, "Order Completed", anonymous_id="a", email="guest@example.com", at=minute(0))
    identity.run()
    assert identity.rows("SELECT email, search_key FROM customers_customer") == [
        ("guest@example.com", "guest@example.com")
    ]


def test_the_history_of_a_trait_says_where_each_value_came_from_and_stays_short(identity: Identity) -> None:
    for number in range(160):
        identify(
            identity.shop,
            "u",
            traits={"plan": "pro" if number < 150 else "basic", "page": number},
            at=minute(number),
            message_id=f"call-{number}",
        )
    identity.run(minute(200))
    plans = identity.rows(
        "SELECT text_value, set_at, message_id, source FROM customers_trait_change WHERE name = 'plan' ORDER BY set_at"
    )
    assert plans[0] == ("pro", minute(0), "call-0", "test")  # since when
    assert plans[-1] == ("basic", minute(159), "call-159", "test")
    assert ("pro", minute(149), "call-149", "test") in plans  # until when
    assert ("basic", minute(150), "call-150", "test") in plans
    assert len(plans) < 30
    pages = identity.rows(
        "SELECT number_value FROM customers_trait_change WHERE name = 'page' ORDER BY set_at DESC"
    )
    assert [int(row[0]) for row in pages[:100]] == list(range(159, 59, -1))
    assert len(pages) < 130
    assert identity.traits(user(identity, "u")) == {"plan": "basic", "page": 159}
    # What comes again changes nothing, and what comes late stands where it belongs.
    identify(identity.shop, "u", traits={"plan": "trial"}, at=minute(20.5), message_id="late")
    identity.run(minute(300))
    assert identity.traits(user(identity, "u"))["plan"] == "basic"
    late = identity.rows("SELECT set_at FROM customers_trait_change WHERE text_value = 'trial'")
    assert late == [(minute(20.5),)]
