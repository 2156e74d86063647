"""Charts: Altair makes a Vega-Lite spec, the browser draws it, and the same spec becomes a PNG on the server.

A spec names no colour, font or size: the page's tokens (in the browser) or `_PAPER` (for files) add them. The
browser's Vega comes out of `vl-convert-python`, runs with its interpreter (no `eval`), and is served from here.
"""

import gzip
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib import metadata
from threading import Lock
from typing import Any, Literal

import vl_convert
from babel import Locale
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from vuelve.platform import env
from vuelve.platform.extension import Text
from vuelve.platform.ui import downloads, formats
from vuelve.platform.ui.periods import Period

SERIES_MAX = 6  # as many colours as can be told apart

# The light tokens, for files: paper is white whatever the reader's theme. A test compares them with tokens.css.
PALETTE = ("#0b6477", "#d0570a", "#401190", "#dd6f80", "#556e33", "#4f483f")
_INK, _MUTED, _GRID = "#1f1e1b", "#5f5c54", "#eceae4"


@dataclass(frozen=True, slots=True)
class Chart:
    """`title` says the finding, `units` what is counted and per what; `rows` are the table view, raw values.

    `key` names the chart in the page's address when it is downloaded. `legend` in the order of the palette.
    """

    key: str
    title: Text
    units: Text
    spec: Mapping[str, Any]
    columns: Sequence[Text]
    rows: Sequence[Sequence[Any]]
    legend: Sequence[Text] = ()

    @property
    def spec_id(self) -> str:
        return f"chart-{self.key}-spec"

    @property
    def locale_id(self) -> str:
        return f"chart-{self.key}-locale"

    def shown_rows(self) -> list[list[str]]:
        return [[_shown(value) for value in row] for row in self.rows]


def _shown(value: Any) -> str:
    if isinstance(value, date):
        return formats.day(value)
    return formats.number(value) if isinstance(value, int | float) else str(value)


@dataclass(frozen=True, slots=True)
class Series:
    """Values per bucket of the period, in the unit that is drawn; `texts` as a reader sees them."""

    label: Text
    values: Sequence[float]
    texts: Sequence[str] = ()


def bars_over_time(*, key: str, title: Text, units: Text, period: Period, series: Sequence[Series]) -> Chart:
    """Stacked bars, one per day or week; a bar that is not complete yet is lighter and says so."""
    assert 1 <= len(series) <= SERIES_MAX
    days = 1 if period.unit == "day" else 7
    buckets = period.buckets()
    labels = tuple(str(one.label) for one in series)
    points = [
        {
            # The room between two bars is a part of their width, whatever that is.
            "from": _milliseconds(bucket.first_day, days * 0.12),
            "to": _milliseconds(bucket.first_day, days * 0.88),
            "value": one.values[index],
            "series": labels[order],
            "order": order,
            "partial": bucket.is_partial,
            "when": _bucket_name(bucket.first_day, period.unit, bucket.is_partial),
            "text": one.texts[index] if one.texts else formats.number(one.values[index]),
        }
        for order, one in enumerate(series)
        for index, bucket in enumerate(buckets)
    ]
    top = max((sum(one.values[n] for one in series) for n in range(len(buckets))), default=0)
    spec = _bars_spec(
        labels=labels,
        units=str(units),
        day_format=_day_format(period),
        is_small=top < 10_000,
        words=(_("When"), _("What")),
    )
    return Chart(
        key=key,
        title=title,
        units=units,
        spec={**spec, "data": {"values": points}},
        columns=[_("Day") if period.unit == "day" else _("Week of"), *labels],
        rows=[[bucket.first_day, *(one.values[n] for one in series)] for n, bucket in enumerate(buckets)],
        legend=labels if len(series) > 1 else (),
    )


@lru_cache(maxsize=256)
def _bars_spec(
    *,
    labels: tuple[str, ...],
    units: str,
    day_format: str,
    is_small: bool,
    words: tuple[str, str],
) -> dict[str, Any]:
    """The spec without its data. Kept: making one takes Altair 25 ms, more than the query behind it."""
    import altair  # 0.4 s: paid by the first page with a chart, not by the start of every process

    when, what = words
    text = altair.Tooltip("text:N", title=labels[0] if len(labels) == 1 else units)
    chart = (
        altair.Chart()
        # No round corners: on stacked bars Vega-Lite 6.4 then draws them without width.
        .mark_bar(aria=False, binSpacing=0)
        .encode(
            x=altair.X("from:T", bin="binned", title=None, scale=altair.Scale(type="utc")).axis(
                labelExpr=f"utcFormat(datum.value, '{day_format}')",
                tickCount=6,
                grid=False,
                labelOverlap=True,
                labelFlush=False,
            ),
            x2="to:T",
            y=altair.Y("value:Q", title=None, stack="zero", scale=altair.Scale(domainMin=0)).axis(
                format=",.0f" if is_small else "~s",
                tickCount=4,
                tickMinStep=1 if is_small else altair.Undefined,  # nothing is sold by halves
                domain=False,
                ticks=False,
            ),
            color=altair.Color(
                "series:N", sort=list(labels), legend=None, scale=altair.Scale(domain=list(labels))
            ),
            order="order:Q",
            opacity=altair.condition("datum.partial", altair.value(0.45), altair.value(1)),
            tooltip=[
                altair.Tooltip("when:N", title=when),
                *([altair.Tooltip("series:N", title=what)] if len(labels) > 1 else []),
                text,
            ],
        )
    )
    spec: dict[str, Any] = chart.to_dict(validate=False)
    spec.pop("data", None)
    return spec


def _milliseconds(day: date, days: float) -> int:
    """An instant as Vega wants it, `days` after the beginning of a day; text is not read as a date in x2."""
    return round(((day - date(1970, 1, 1)).days + days) * 86_400_000)


def _bucket_name(first_day: date, unit: Literal["day", "week"], is_partial: bool) -> str:
    if unit == "day":
        name = formats.day_long(first_day)
        return _("%(day)s, so far") % {"day": name} if is_partial else name
    name = _("Week of %(day)s") % {"day": formats.day(first_day)}
    return _("%(week)s, incomplete") % {"week": name} if is_partial else name


def _day_format(period: Period) -> str:
    day_first = not formats.locale().startswith("en")
    if period.days > 180:
        return "%b"
    return "%-d %b" if day_first else "%b %-d"


def vega_locale() -> dict[str, Any]:
    """The reader's habits as d3 wants them: axes are written in the browser."""
    return _vega_locale(formats.locale())


@cache
def _vega_locale(name: str) -> dict[str, Any]:
    locale = Locale.parse(name)
    symbols = locale.number_symbols["latn"]
    months, days = locale.months["stand-alone"], locale.days["stand-alone"]
    short = [text.rstrip(".") for _n, text in sorted(locale.months["format"]["abbreviated"].items())]
    sunday_first = [6, 0, 1, 2, 3, 4, 5]
    return {
        "number": {
            "decimal": symbols["decimal"],
            "thousands": symbols["group"],
            "grouping": [3],
            "currency": ["", ""],
        },
        "time": {
            "dateTime": "%x, %X",
            "date": "%d/%m/%Y",
            "time": "%H:%M",
            "periods": ["AM", "PM"],
            "days": [days["wide"][n] for n in sunday_first],
            "shortDays": [days["abbreviated"][n] for n in sunday_first],
            "months": [months["wide"][n] for n in range(1, 13)],
            "shortMonths": short,
        },
    }


# --- files ------------------------------------------------------------------------------------------------


def download(request: HttpRequest, charts: Sequence[Chart]) -> HttpResponseBase | None:
    """The file that `?download=<key>.png` or `.csv` asks for; None if the page itself is wanted."""
    wanted = request.GET.get("download")
    if wanted is None:
        return None
    key, _dot, kind = wanted.rpartition(".")
    for chart in charts:
        if chart.key == key and kind == "csv":
            return downloads.csv_response(key, chart.columns, chart.rows)
        if chart.key == key and kind == "png":
            return HttpResponse(
                png(chart),
                content_type="image/png",
                headers={"Content-Disposition": f'attachment; filename="{key}.png"'},
            )
    raise Http404


def png(chart: Chart) -> bytes:
    """The chart on white, 1600 px wide, with its title."""
    spec = dict(chart.spec)
    spec.update(
        width=720,
        height=320,
        padding=20,
        background="#ffffff",
        title={"text": str(chart.title), "subtitle": str(chart.units), "anchor": "start", "offset": 16},
    )
    locale = vega_locale()
    image: bytes = vl_convert.vegalite_to_png(
        spec,
        config=_PAPER,
        scale=2,
        allowed_base_urls=[],  # a spec fetches nothing
        format_locale=locale["number"],
        time_format_locale=locale["time"],
    )
    return image


_FONT = "Helvetica Neue, Arial, Liberation Sans, sans-serif"
_PAPER = {
    "font": _FONT,
    "range": {"category": list(PALETTE)},
    "view": {"stroke": None},
    "axis": {
        "labelColor": _MUTED,
        "gridColor": _GRID,
        "domainColor": _GRID,
        "tickColor": _GRID,
        "labelFontSize": 12,
    },
    "title": {"color": _INK, "subtitleColor": _MUTED, "fontSize": 16, "subtitleFontSize": 13},
}


# --- the browser's Vega ----------------------------------------------------------------------------------------

_lock = Lock()


@cache
def bundle_version() -> str:
    return "-".join(
        [
            vl_convert.get_vega_version(),
            vl_convert.get_vega_embed_version(),
            metadata.version("vl-convert-python"),
        ]
    )


def bundle_url() -> str:
    return reverse("vega_bundle", kwargs={"version": bundle_version()})


def bundle(request: HttpRequest, version: str) -> HttpResponse:
    """Vega, Vega-Lite and Vega-Embed in one script, for good under this address."""
    if version != bundle_version():
        raise Http404
    packed = _packed_bundle()
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(packed, headers={"Content-Encoding": "gzip"})
    else:
        response = HttpResponse(gzip.decompress(packed))
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _packed_bundle() -> bytes:
    """Made once per version (2 s of CPU) and kept in the home folder."""
    with _lock:
        return _make_bundle(bundle_version())


@cache
def _make_bundle(version: str) -> bytes:
    path = env.home() / "cache" / f"vega-{version}.js.gz"
    try:
        return path.read_bytes()
    except OSError:
        pass
    packed = gzip.compress(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").encode(), mtime=0)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(packed)
        draft.replace(path)
    except OSError:
        pass  # a read-only home: every process makes its own
    return packed
