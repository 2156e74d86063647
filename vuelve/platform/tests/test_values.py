"""Money, clocks, secrets, settings."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vuelve.platform import env, ids
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import django_database
from vuelve.platform.errors import VuelveError
from vuelve.platform.money import Money, to_decimal, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("105.50", "MXN", 10550),
        (105, "MXN", 10500),
        ("0.005", "USD", 1),
        ("-0.005", "USD", -1),
        (9990, "CLP", 9990),
    ],
)
def test_major_units_become_minor_units_half_up(amount: str | int, currency: str, minor: int) -> None:
    assert to_minor(amount, currency) == minor


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e", "", "12,50", "1e30", "1e99999999999999"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        to_minor(amount, "MXN")


@given(st.integers(-(10**13), 10**13))
def test_minor_units_survive_the_way_there_and_back(amount: int) -> None:
    assert to_minor(to_decimal(Money(amount, "BRL")), "BRL") == amount


@pytest.mark.parametrize(
    ("amount", "percent", "part"), [(105, 10, 11), (104, 10, 10), (1999, 15, 300), (5, 50, 3)]
)
def test_percentages_round_half_up(amount: int, percent: int, part: int) -> None:
    assert Money(amount, "MXN").percent(percent) == Money(part, "MXN")


@given(st.integers(0, 10**12), st.integers(0, 100))
def test_a_percentage_never_exceeds_the_amount(amount: int, percent: int) -> None:
    part = Money(amount, "MXN").percent(percent)
    assert 0 <= part.amount_minor <= amount
    assert abs(Decimal(part.amount_minor) - Decimal(amount) * percent / 100) <= Decimal("0.5")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="cannot add"):
        Money(1, "MXN") + Money(1, "BRL")


def test_money_is_written_as_its_reader_writes_it() -> None:
    money = Money(123450, "BRL")
    assert money.format("pt-BR").replace("\xa0", " ") == "R$ 1.234,50"
    assert Money(1500, "CLP").format("es-CL").replace("\xa0", "") == "$1.500"


def test_a_virtual_clock_stands_still_and_does_not_run_backwards() -> None:
    start = datetime(2026, 3, 1, 6, tzinfo=timezone(timedelta(hours=-6)))
    clock = VirtualClock(start)
    assert clock.now() == clock.now() == datetime(2026, 3, 1, 12, tzinfo=UTC)
    clock.advance(timedelta(days=1))
    with pytest.raises(ValueError, match="backwards"):
        clock.move_to(start)


def test_secrets_are_stored_as_hashes_and_codes_have_no_lookalikes() -> None:
    secret = ids.new_secret("vw")
    assert secret.startswith("vw_")
    assert secret not in ids.hash_secret(secret)
    assert len({ids.new_secret("vw") for _ in range(1000)}) == 1000
    assert not set("0O1ILU") & set(ids.CODE_ALPHABET)


def test_an_error_says_code_field_and_what_to_do() -> None:
    error = VuelveError("too_long", "It is too long.", field="name", hint="Shorten it.")
    assert error.as_json() == {
        "code": "too_long",
        "message": "It is too long.",
        "field": "name",
        "hint": "Shorten it.",
    }


def test_a_setting_that_cannot_be_read_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VUELVE_LOG_JSON", "perhaps")
    with pytest.raises(env.SettingError, match="VUELVE_LOG_JSON"):
        env.get("VUELVE_LOG_JSON")


def test_each_role_connects_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://own%40er:p%2Fw@db.example:5433/shop?sslmode=require")
    one_url = django_database("web")
    assert (one_url["USER"], one_url["PASSWORD"], one_url["PORT"]) == ("own@er", "p/w", "5433")
    assert "role=vuelve_web" in one_url["OPTIONS"]["options"]
    assert one_url["OPTIONS"]["sslmode"] == "require"
    monkeypatch.setenv("DATABASE_WEB_URL", "postgresql://vuelve_web@/vuelve?host=%2Frun%2Fpg")
    own_login = django_database("web")
    assert (own_login["USER"], own_login["HOST"]) == ("vuelve_web", "/run/pg")
    assert "role=" not in own_login["OPTIONS"]["options"]
