"""Languages, quiet hours, waits, addresses: without a database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vuelve.channels import rules

THREE = ["es", "pt-BR", "en"]


@pytest.mark.parametrize(
    ("contents", "locale", "chosen"),
    [
        (THREE, "es", "es"),
        (THREE, "es-MX", "es"),
        (THREE, "pt_br", "pt-BR"),
        (THREE, "pt", "pt-BR"),
        (THREE, "pt-PT", "pt-BR"),
        (THREE, "en-GB", "en"),
        (THREE, "de", "en"),  # none: the first in alphabetical order
        (["es-AR", "es-MX"], "es-MX", "es-MX"),
        (["es-MX", "es-AR"], "es-CO", "es-AR"),
        (["pt-BR"], "es-MX", "pt-BR"),
    ],
)
def test_content_by_locale(contents: list[str], locale: str, chosen: str) -> None:
    assert rules.choose_content(contents, locale) == chosen
    assert rules.choose_content(list(reversed(contents)), locale) == chosen


@pytest.mark.parametrize(
    ("contents", "customer", "country", "shop", "shop_country", "chosen"),
    [
        (THREE, "es-AR", None, "es", "MX", "es-AR"),
        (THREE, "es", "CO", "es", "MX", "es-CO"),
        (THREE, "es", None, "es", "MX", "es-MX"),
        (THREE, "pt", "BR", "es", "MX", "pt-BR"),
        (THREE, None, None, "es", "MX", "es-MX"),
        (THREE, "de-DE", "DE", "pt-BR", "BR", "pt-BR"),
        (THREE, "fr", None, "es", "XX", "es"),
        (["en"], "es-MX", "MX", "es", "MX", "en"),
        (THREE, "zz-garbage-1234", "??", "es", "MX", "es-MX"),
        (THREE, "", "", "es", "MX", "es-MX"),
    ],
)
def test_locale_of_a_reader(
    contents: list[str], customer: str | None, country: str | None, shop: str, shop_country: str, chosen: str
) -> None:
    locale = rules.choose_locale(
        contents,
        customer_locale=customer,
        customer_country=country,
        shop_locale=shop,
        shop_country=shop_country,
    )
    assert locale == chosen


MEXICO = ZoneInfo("America/Mexico_City")


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-03-10 20:59:59", None),
        ("2026-03-10 21:00:00", "2026-03-11 08:00"),
        ("2026-03-10 23:59:59", "2026-03-11 08:00"),
        ("2026-03-11 00:00:00", "2026-03-11 08:00"),
        ("2026-03-11 07:59:59", "2026-03-11 08:00"),
        ("2026-03-11 08:00:00", None),
        ("2026-12-31 22:00:00", "2027-01-01 08:00"),
    ],
)
def test_quiet_hours(local: str, until: str | None) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=MEXICO).astimezone(UTC)
    expected = None if until is None else datetime.fromisoformat(until).replace(tzinfo=MEXICO)
    assert rules.quiet_until(now, MEXICO) == expected


def test_quiet_hours_end_at_eight_by_the_clock_on_the_wall_when_it_is_put_forward() -> None:
    santiago = ZoneInfo("America/Santiago")  # 2026-09-05, 24:00 became 01:00
    now = datetime(2026, 9, 5, 22, 0, tzinfo=santiago)
    until = rules.quiet_until(now.astimezone(UTC), santiago)
    assert until is not None
    assert until.astimezone(santiago).replace(tzinfo=None) == datetime(2026, 9, 6, 8, 0)
    assert until - now.astimezone(UTC) == timedelta(hours=9)  # not ten


def test_bad_zones_and_instants_are_none() -> None:
    for name in (
        None,
        "",
        "Mars/Olympus",
        "../../etc/passwd",
        "/etc/passwd",
        "America",
        "a\x00b",
        "x" * 5000,
    ):
        assert rules.zone_or_none(name) is None
    for text in (None, "", "tomorrow", "2026-03-10", "2026-03-10T10:00:00", "2026-13-45T00:00:00Z"):
        assert rules.instant_or_none(text) is None
    assert rules.instant_or_none("2026-03-10T10:00:00Z") == datetime(2026, 3, 10, 10, tzinfo=UTC)


def test_waits_double_and_are_bounded() -> None:
    waits = [rules.retry_after(attempts, 0).total_seconds() for attempts in range(1, 12)]
    assert waits[:5] == [30, 60, 120, 240, 480]
    assert max(waits) == 3600
    assert rules.retry_after(1, 90) == timedelta(seconds=90)
    assert rules.retry_after(500, 1e12) == timedelta(hours=1)


@pytest.mark.parametrize("text", ["a@b.example", "ana.maría+x@tienda.example", "o'neil@x.example"])
def test_addresses(text: str) -> None:
    assert rules.is_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "a@b\x00", "<a@b>", "a@b,c@d", "a" * 65 + "@b", "a@" + "b" * 260, 'a"@b'],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    assert not rules.is_address(text)


def test_one_line_has_no_line_break_of_any_kind() -> None:
    assert rules.one_line("a\r\nb\x00\x0bc\u2028d\u0085e  f ") == "a b c d e f"
    assert rules.reason("code", "x\ny" * 300).startswith("code: x yx y")
    assert len(rules.reason("code", "x" * 900)) <= 210
    assert rules.reason_code("aborted: no stock: none") == "aborted"
