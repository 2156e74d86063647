"""One number is one customer, however it is written: Mexico, Argentina, Brazil; and where numbers are found."""

import json

import pytest

from vuelve.customers.rules.phones import read_phone
from vuelve.customers.services import resolve
from vuelve.customers.tests.world import Identity, minute, user
from vuelve.platform.phones import phone_e164
from vuelve.testing import identify, track


@pytest.mark.parametrize(
    ("number", "country", "spellings"),
    [
        (
            "+525512345678", "MX",
            ["55 1234 5678", "+52 55 1234 5678", "+52 1 55 1234 5678", "5215512345678", "525512345678",
             "+5215512345678", "044 55 1234 5678", "045 55 1234 5678", "01 55 1234 5678", "+52 (55) 1234-5678"],
        ),
        (
            "+5491123456789", "AR",
            ["11 2345-6789", "011 2345-6789", "011 15 2345-6789", "+54 11 2345 6789", "+54 9 11 2345 6789",
             "+5491123456789", "5491123456789", "541123456789"],
        ),
        ("+5493512345678", "AR", ["0351 15 234-5678", "+54 351 15 2345678", "+54 351 234 5678", "+54 9 351 234 5678"]),
        (
            "+5511987654321", "BR",
            ["11 98765-4321", "(11) 8765-4321", "+55 11 8765 4321", "+5511987654321", "551187654321", "011 98765-4321"],
        ),
        ("+551132654321", "BR", ["(11) 3265-4321", "+55 11 3265 4321"]),  # a landline stays as it is
        ("+34612345678", "MX", ["+34 612 34 56 78", "+34612345678"]),
    ],
)  # fmt: skip
def test_each_number_has_one_form(number: str, country: str, spellings: list[str]) -> None:
    assert {spelling: phone_e164(spelling, country) for spelling in spellings} == dict.fromkeys(
        spellings, number
    )
    assert phone_e164(number, "ZZ") == number  # the form is its own


@pytest.mark.parametrize(
    "text", ["", "123", "ask me", "+52", "1" * 41, "55 1234 567", "+521551234567", "+", "٣٤٥"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert phone_e164(text, "MX") is None


def test_a_country_that_is_stated_counts_before_the_shops() -> None:
    lima = '{"phone": "987 654 321", "country": "Perú"}'
    assert read_phone(lima, None, country="MX") == "+51987654321"
    assert (
        read_phone('{"phone": "987 654 321", "address": {"country": "PE"}}', None, country="MX")
        == "+51987654321"
    )
    assert read_phone('{"phone": "987 654 321"}', None, country="MX") is None


def test_where_an_event_names_the_customers_phone() -> None:
    number, other = "+525512345678", "+525587654321"
    for properties, context in (
        ({"phone": number}, None),
        ({"phone": 525512345678}, None),
        ({"customer": {"phone": number}}, None),
        ({}, {"traits": {"phone": number}}),
        ({"phone": number, "customer": {"phone": other}}, {"traits": {"phone": other}}),
        ({"phone": "no number", "customer": {"phone": number}}, None),
    ):
        text = json.dumps(context) if context else None
        assert read_phone(json.dumps(properties), text, country="MX") == number, properties
    others: tuple[object, ...] = (
        {"shipping_address": {"phone": number}},  # whom the present goes to
        {"phone": None}, {"phone": True}, {"phone": [number]}, {"customer": [number]}, [number],
    )  # fmt: skip
    for other_properties in others:
        assert read_phone(json.dumps(other_properties), None, country="MX") is None
    assert read_phone('{"phone": "\\ud800"}', '"phone"', country="MX") is None
    assert read_phone("[" * 50_000, None, country="MX") is None


def test_an_order_with_the_old_spelling_is_the_customers(identity: Identity) -> None:
    identify(identity.shop, "u", traits={"phone": "+5215512345678"}, at=minute(0))
    order = track(
        identity.shop, "Order Completed", anonymous_id="a", properties={"phone": "55 1234 5678"}, at=minute(1)
    )  # fmt: skip
    identity.run()
    customer = user(identity, "u")
    assert identity.events_of()[order] == customer
    assert identity.column("phone", customer) == "+525512345678"
    assert identity.traits(customer)["phone"] == "+5215512345678"  # as it was sent
    assert resolve(shop=identity.id, phone="+52 1 55 1234 5678") == customer
