from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from vuelve.events.sources.csv import values
from vuelve.events.sources.csv.values import BadCellError

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BOGOTA = ZoneInfo("America/Bogota")


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1234.56", ".", "1234.56"),
        ("1,234.56", ".", "1234.56"),
        ("1.234,56", ",", "1234.56"),
        ("R$ 1.234,56", ",", "1234.56"),
        ("$1,234", ".", "1234"),
        ("MXN 99.90", ".", "99.90"),
        ("1 234,50", ",", "1234.50"),
        ("1.234", ",", "1234"),
        ("0", ",", "0"),
    ],
)
def test_amounts(text: str, decimal: str, value: str) -> None:
    assert values.amount(text, decimal) == value


@pytest.mark.parametrize(
    ("text", "decimal", "code"),
    [
        ("12,50", ".", "other_decimal_mark"),
        ("1234.50", ",", "other_decimal_mark"),
        ("abc", ".", "not_a_number"),
        ("NaN", ".", "not_a_number"),
        ("Infinity", ".", "not_a_number"),
        ("1e5", ".", "not_a_number"),
        ("-5", ".", "negative"),
        ("999999999999999", ".", "out_of_range"),
    ],
)
def test_what_is_no_amount(text: str, decimal: str, code: str) -> None:
    with pytest.raises(BadCellError) as caught:
        values.amount(text, decimal)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "style", "moment"),
    [
        ("2026-02-03 10:11:12 -0600", "iso", "2026-02-03T16:11:12+00:00"),
        ("2026-02-03T10:11:12Z", "iso", "2026-02-03T10:11:12+00:00"),
        ("2026-02-03", "iso", "2026-02-03T05:00:00+00:00"),
        ("2026/2/3 7:05", "iso", "2026-02-03T12:05:00+00:00"),
        ("03/02/2026", "dmy", "2026-02-03T05:00:00+00:00"),
        ("3.2.26 09:30", "dmy", "2026-02-03T14:30:00+00:00"),
        ("2/3/2026 01:30:00 PM", "mdy", "2026-02-03T18:30:00+00:00"),
        ("2/3/2026 12:30 a. m.", "mdy", "2026-02-03T05:30:00+00:00"),
        ("46056", "excel", "2026-02-03T05:00:00+00:00"),
        ("46056,5", "excel", "2026-02-03T17:00:00+00:00"),
        ("1770109200", "unix", "2026-02-03T09:00:00+00:00"),
        ("1770109200000", "unix", "2026-02-03T09:00:00+00:00"),
        ("2026-02-03", "dmy", "2026-02-03T05:00:00+00:00"),
    ],
)
def test_times(text: str, style: str, moment: str) -> None:
    read = values.time_reader(style, BOGOTA, now=NOW)
    assert read(text) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("text", "style", "code"),
    [
        ("yesterday", "iso", "not_a_time"),
        ("31/02/2026", "dmy", "not_a_time"),
        ("13/13/2026", "mdy", "not_a_time"),
        ("0001-01-01", "iso", "time_out_of_range"),
        ("9999-12-31T23:59:59Z", "iso", "time_out_of_range"),
        ("9999-12-31T23:59:59-12:00", "iso", "time_out_of_range"),
        ("2026-03-05", "iso", "time_out_of_range"),
    ],
)
def test_what_is_no_time(text: str, style: str, code: str) -> None:
    with pytest.raises(BadCellError) as caught:
        values.time_reader(style, BOGOTA, now=NOW)(text)
    assert caught.value.code == code


def test_words_of_three_languages() -> None:
    assert [values.boolean(word) for word in ("sí", "SIM", "Yes", "não", "No", "0")] == [True] * 3 + [
        False
    ] * 3
    assert values.decision("SUBSCRIBED") is True
    assert values.decision("UNSUBSCRIBED") is False
    assert values.decision("NEVER_SUBSCRIBED") is None
    assert values.email("Ana@Example.COM") == "ana@example.com"
    for bad, read in (("maybe", values.boolean), ("ana@", values.email), ("5.2E+11", values.phone)):
        with pytest.raises(BadCellError):
            read(bad)
