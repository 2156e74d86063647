import csv
import io

import pytest

from vuelve.platform.ui.downloads import csv_response


def read(*rows: list[object]) -> list[list[str]]:
    response = csv_response("customers", ["name", "spent"], rows)
    text = b"".join(response.streaming_content).decode()  # type: ignore[arg-type]
    assert text.startswith("\N{BYTE ORDER MARK}")
    assert response.headers["Content-Disposition"] == 'attachment; filename="customers.csv"'
    return list(csv.reader(io.StringIO(text[1:])))


def test_rows_arrive_as_they_are() -> None:
    assert read(['Ana, la de "Luna"\nRoma', -5]) == [["name", "spent"], ['Ana, la de "Luna"\nRoma', "-5"]]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_name_is_never_a_formula(name: str) -> None:
    assert read([name, 1])[1][0].startswith("'")
