"""Tables as CSV files that a spreadsheet opens without surprises."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse

# A cell that begins with one of these is a formula to a spreadsheet: somebody's name must not be one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    def write(self, text: str) -> str:
        return text


def csv_response(name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """`name`.csv, row by row. The rows must not need the request's transaction: it ends before they are sent."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\N{BYTE ORDER MARK}"  # without it Excel takes UTF-8 for Windows' alphabet
        yield writer.writerow([cell(part) for part in header])
        for row in rows:
            yield writer.writerow([cell(part) for part in row])

    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula."""
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
