from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from vuelve.platform.ui import formats

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "country", "written"),
    [
        ("es", "MX", "1,234.5"),
        ("es", "AR", "1.234,5"),
        ("es", "ES", "1.234,5"),
        ("es", "", "1,234.5"),  # Latin America, where no country is known
        ("es", "JP", "1,234.5"),
        ("pt-br", "BR", "1.234,5"),
        ("pt-br", "MX", "1.234,5"),
        ("en", "MX", "1,234.5"),
    ],
)
def test_numbers_follow_language_and_country(language: str, country: str, written: str) -> None:
    with translation.override(language), formats.country(country):
        assert formats.number(1234.5) == written


@pytest.mark.parametrize(
    ("language", "country", "written"),
    [("es", "MX", "13%"), ("es", "ES", f"13{NBSP}%"), ("pt-br", "BR", "13%"), ("en", "", "13%")],
)
def test_percent(language: str, country: str, written: str) -> None:
    with translation.override(language), formats.country(country):
        assert formats.percent(0.13) == written


def test_money_has_the_currency_of_the_shop_not_of_the_reader() -> None:
    with translation.override("es"), formats.country("MX"):
        assert formats.money(124050, "MXN") == "$1,240.50"
        assert formats.money(124050, "BRL") == f"BRL{NBSP}1,240.50"
        assert formats.money(1240, "CLP") == f"CLP{NBSP}1,240"  # has no cents
    with translation.override("pt-br"), formats.country("BR"):
        assert formats.money(124050, "BRL") == f"R${NBSP}1.240,50"


def test_a_day_begins_in_the_zone_of_the_shop() -> None:
    instant = datetime(2026, 3, 4, 5, 30, tzinfo=UTC)  # still the 3rd in Mexico City
    with translation.override("es"), timezone.override(ZoneInfo("America/Mexico_City")):
        assert formats.day(instant) == "3 mar 2026"
        assert formats.moment(instant).startswith("3 mar 2026, 11:30")
    with translation.override("es"), timezone.override(ZoneInfo("Europe/Madrid")):
        assert formats.day(instant) == "4 mar 2026"


def test_days_in_words() -> None:
    with translation.override("pt-br"):
        assert formats.day_long(date(2026, 3, 3)) == "terça-feira, 3 de março de 2026"
        assert formats.day_short(date(2026, 3, 3)) == "3 de mar."
