from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import RequestFactory

from vuelve.platform.ui import paging

AT = datetime(2026, 3, 4, 5, 30, 0, 123456, tzinfo=UTC)


def request(path: str = "/s/a/customers", **query: Any) -> Any:
    return RequestFactory().get(path, query)


def test_a_page_leads_to_the_next_and_keeps_the_filters() -> None:
    rows = [(AT, n) for n in range(4)]
    first = paging.page(request(country="MX"), rows, key=lambda row: row, limit=3)
    assert first.rows == rows[:3]
    assert first.first_url == ""
    assert "country=MX" in first.next_url
    then = RequestFactory().get(first.next_url)
    assert paging.after(then, datetime.fromisoformat, int) == (AT, 2)
    last = paging.page(then, rows[3:], key=lambda row: row, limit=3)
    assert (last.next_url, last.first_url) == ("", "/s/a/customers?country=MX")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "%00",
        "W10",
        "bnVsbA",
        "WzFd",
        "WyJ4IiwyXQ",
        "Ww==" * 400,
        "WyIyMDI2LTAzLTA0IiwieCJd",
        "e30",
        "WwWwWw",
        "ñ",
    ],
)
def test_a_tampered_address_shows_the_first_page(token: str) -> None:
    assert paging.after(request(after=token), datetime.fromisoformat, int) is None
