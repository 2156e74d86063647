import json

import pytest

from vuelve.events.masking import COVER, example, is_personal, pretty, shape


def test_json_keeps_its_numbers_and_order() -> None:
    assert pretty('{"b":1.00,"a":12345678901234567890}') == '{\n  "b": 1.00,\n  "a": 12345678901234567890\n}'


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ('"Caf\\u00e9"', '"Café"'),
        ('"\\ud83d\\ude00"', '"😀"'),
        ('"\\\\u00e9"', '"\\\\u00e9"'),  # an escaped backslash, and then text
        ('"\\u0022\\u005c\\n\\u0007"', '"\\u0022\\u005c\\n\\u0007"'),
        ('"\\ud83d"', '"\\ud83d"'),
        ('"\\u00e9\\ude00"', '"\\u00e9\\ude00"'),  # no JSON that can be read: as it is
        ("not json", "not json"),
        ("[" * 2_000, "[" * 2_000),
    ],
)
def test_escapes_become_letters_where_they_can(sent: str, shown: str) -> None:
    assert pretty(sent) == shown


def test_the_shape_tells_keys_and_types_but_no_values() -> None:
    covered = shape(
        '{"email": "ana@example.com", "n": 42, "ok": true, "none": null, "in": {"list": ["x", 1]}}'
    )
    assert json.loads(covered) == {
        "email": f"{COVER} (15)",
        "n": COVER,
        "ok": True,
        "none": None,
        "in": {"list": [f"{COVER} (1)", COVER]},
    }
    assert shape("ana@example.com, no JSON") == COVER


@pytest.mark.parametrize(
    "property",
    [
        "email",
        "Email",
        "first_name",
        "firstName",
        "billing_address",
        "phoneNumber",
        "ip",
        "birthday",
        "cpf",
        "nombre",
        "name",
    ],
)
def test_what_is_somebody_s(property: str) -> None:
    assert is_personal(property)
    assert example(property, "Ana") == COVER


@pytest.mark.parametrize(
    "property", ["product_name", "plan", "currency", "order_id", "productName", "shipping", "page_name"]
)
def test_what_is_nobody_s(property: str) -> None:
    assert not is_personal(property)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("write to ana.torres@example.com.mx", f"write to a{COVER}@e{COVER}.mx"),
        ("+52 55 1234 5678", f"+52{COVER}78"),
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
        (499.0, "499.0"),
        (True, "true"),
        ([1, 2], "[2]"),
        ({"a": 1}, "{1}"),
        ("x" * 100, "x" * 59 + "…"),
    ],
)
def test_examples_are_short_and_cover_addresses(value: object, shown: str) -> None:
    assert example("kind", value) == shown


def test_a_long_value_costs_no_more_than_a_short_one() -> None:
    """Each of these would take some ten seconds otherwise."""
    for letter in "x-":
        assert example("a", letter * 30_000) == letter * 59 + "…"
    assert len(example("a", "1" * 30_000)) == 60
    address = "ana." * 20 + "@example.com"
    assert "ana.ana" not in example("a", address + " x" * 10_000)
