import gzip
import json
import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import vl_convert
from django.http import Http404
from django.test import RequestFactory
from django.utils import translation

from vuelve.platform import charts
from vuelve.platform.ui import formats
from vuelve.platform.ui.periods import Period

PERIOD = Period(7, datetime(2026, 3, 4, 5, 30, tzinfo=UTC), ZoneInfo("America/Mexico_City"))
SENT = charts.Series("Sent", [1, 2, 3, 4, 5, 6, 7])
WITHHELD = charts.Series("Withheld", [0, 1, 0, 1, 0, 1, 0])


def messages() -> charts.Chart:
    return charts.bars_over_time(
        key="messages",
        title="All went well",
        units="messages per day",
        period=PERIOD,
        series=[SENT, WITHHELD],
    )


def test_a_spec_names_no_colour_and_no_size() -> None:
    spec = {name: part for name, part in messages().spec.items() if name not in {"data", "config", "$schema"}}
    assert re.findall(r"#[0-9a-f]{3,6}|width|height|\"range\"", json.dumps(spec)) == []


def test_every_value_is_drawn_as_a_bar_with_a_width() -> None:
    drawn = vl_convert.vegalite_to_svg(dict(messages().spec))
    bars = re.findall(r'd="M[\d.,-]+h([\d.]+)v([\d.]+)h-[\d.]+Z" fill="#(\w+)"', drawn)
    assert (
        len([bar for bar in bars if float(bar[0]) > 5 and float(bar[1]) > 0]) == 7 + 3
    )  # zeros have no height
    assert len({fill for _width, _height, fill in bars}) == 2


def test_today_is_lighter() -> None:
    points = messages().spec["data"]["values"]
    assert [point["partial"] for point in points if point["series"] == "Sent"] == [*[False] * 6, True]


def test_the_same_shape_with_other_data_is_another_chart() -> None:
    first = messages()
    other = charts.bars_over_time(
        key="messages",
        title="t",
        units="messages per day",
        period=PERIOD,
        series=[charts.Series("Sent", [9] * 7), WITHHELD],
    )
    assert other.spec["data"]["values"][0]["value"] == 9
    assert first.spec["data"]["values"][0]["value"] == 1


def test_the_table_has_what_the_plot_shows() -> None:
    chart = messages()
    assert chart.rows[0] == [date(2026, 2, 25), 1, 0]
    assert chart.rows[-1] == [date(2026, 3, 3), 7, 0]
    with translation.override("es"):
        assert chart.shown_rows()[0] == ["25 feb 2026", "1", "0"]


def test_axes_are_written_as_the_reader_writes() -> None:
    with translation.override("es"), formats.country("AR"):
        locale = charts.vega_locale()
        png = charts.png(messages())
    assert (locale["number"]["decimal"], locale["number"]["thousands"]) == (",", ".")
    assert locale["time"]["shortMonths"][0] == "ene"
    assert locale["time"]["days"][0] == "domingo"
    assert png.startswith(b"\x89PNG")


@pytest.mark.parametrize("language", ["es", "pt-br", "en"])
def test_d3_takes_the_locale(language: str) -> None:
    with translation.override(language):
        charts.png(messages())


def test_downloads() -> None:
    factory = RequestFactory()
    assert charts.download(factory.get("/"), [messages()]) is None
    png = charts.download(factory.get("/?download=messages.png"), [messages()])
    assert png is not None
    assert png.headers["Content-Type"] == "image/png"
    table = charts.download(factory.get("/?download=messages.csv"), [messages()])
    assert table is not None
    assert b"2026-02-25,1,0" in b"".join(table.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.parametrize("wanted", ["", "messages", "messages.svg", "orders.png", "../../etc/passwd", ".png"])
def test_no_other_file_can_be_had(wanted: str) -> None:
    with pytest.raises(Http404):
        charts.download(RequestFactory().get("/", {"download": wanted}), [messages()])


def test_the_bundle_is_served_packed_and_for_good() -> None:
    version = charts.bundle_version()
    packed = charts.bundle(RequestFactory().get("/", headers={"Accept-Encoding": "gzip, br"}), version)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "immutable" in packed.headers["Cache-Control"]
    plain = charts.bundle(RequestFactory().get("/"), version)
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.content) == plain.content
    assert b"window.vegaEmbed" in plain.content
    # A script from elsewhere would be refused by the browser, but it must not even be asked for.
    assert not re.search(rb"import\s*[(\"']\s*[\"']?https?:", plain.content)
    with pytest.raises(Http404):
        charts.bundle(RequestFactory().get("/"), "0-0-0")
