"""The components as template tags: `{% load ui %}`. Each one's HTML is in `templates/platform/ui/`.

Attributes that a tag does not know become HTML attributes: `hx_get="..."` is written as `hx-get`, True as a bare
name, False and None not at all.
"""

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.forms import BoundField, CheckboxInput
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from heroicons import _render_icon

from vuelve.platform.charts import Chart, bundle_url, vega_locale
from vuelve.platform.ui import formats
from vuelve.platform.ui.components import Crumb, Tab, Tile, TimelineEntry
from vuelve.platform.ui.paging import Page

register = template.Library()
_ids = itertools.count(1)


def _render(component: str, /, **context: Any) -> SafeString:
    return render_to_string(f"platform/ui/{component}.html", context)


def _attributes(attributes: Mapping[str, Any]) -> SafeString:
    pairs = [(name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items()]
    return format_html_join(
        "",
        ' {}="{}"',
        [(name, "" if value is True else value) for name, value in pairs if value not in (False, None)],
    )


@cache
def _version(path: str) -> str:
    found = finders.find(path)
    if not isinstance(found, str):
        raise template.TemplateSyntaxError(f"no static file {path}")
    with open(found, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:8]


@register.simple_tag
def asset(path: str) -> str:
    """The address of a static file, with a version: a changed file is a new address, so no cache serves an old one."""
    return f"{static(path)}?v={_version(path)}"


@register.simple_tag
def icon(name: str, size: int = 20, label: str = "", class_: str = "") -> SafeString:
    """A heroicon; without `label` it is decoration."""
    attributes: dict[str, object] = {"role": "img", "aria-label": label} if label else {"aria-hidden": "true"}
    if class_:
        attributes["class"] = class_
    style = "micro" if size <= 16 else "mini" if size == 20 else "outline"
    return SafeString(_render_icon(style, str(name), size, attributes))


@register.simple_tag
def line_icon(name: str, size: int = 20) -> SafeString:
    """A heroicon drawn in lines, for navigation."""
    return SafeString(
        _render_icon("outline", str(name), size, {"aria-hidden": "true", "stroke-width": "1.7"})
    )


@register.simple_tag
def button(
    label: str,
    href: str = "",
    kind: str = "",
    icon: str = "",
    size: str = "",
    type: str = "submit",
    icon_only: bool = False,
    class_: str = "",
    **attributes: Any,
) -> SafeString:
    """`kind`: primary, danger, quiet or '' for a plain one. `size`: small. With `href` it is a link."""
    classes = ["button"]
    classes += [f"button--{kind}"] if kind else []
    classes += [f"button--{size}"] if size else []
    classes += ["button--icon"] if icon_only else []
    classes += [class_] if class_ else []
    return _render(
        "button",
        label=label,
        href=href,
        icon=icon,
        icon_only=icon_only,
        type=type,
        classes=" ".join(classes),
        attributes=_attributes(attributes),
    )


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """A form field with its label, help and errors."""
    return _render("field", field=bound, is_check=isinstance(bound.field.widget, CheckboxInput))


@register.simple_tag
def choose(name: str, label: str, options: Sequence[tuple[str, Any]], value: str = "") -> SafeString:
    """A select that filters the page: stands in a GET form and sends it when changed."""
    return _render("select", name=name, label=label, options=options, value=str(value))


@register.simple_tag
def badge(label: str, tone: str = "", plain: bool = False) -> SafeString:
    """A status in a word. `tone`: good, warn, bad, info, accent or ''; colour is never the only sign."""
    return format_html(
        '<span class="badge{}{}">{}</span>',
        f" badge--{tone}" if tone else "",
        " badge--plain" if plain else "",
        label,
    )


@register.simple_tag
def chip(label: str, href: str = "", current: bool = False, remove: bool = False) -> SafeString:
    """A choice, or a tag. With `remove` a filter that is on: `href` is the page without it."""
    return _render("chip", label=label, href=href, current=current, remove=remove)


@register.simple_tag
def combobox(
    name: str, label: str, options: Sequence[tuple[str, Any]], value: str = "", submit: bool = True
) -> SafeString:
    """A select with many options: typing finds one, whatever its accents. Without scripts it is a select.

    `submit`: a choice sends the form, as a filter does.
    """
    return _render(
        "combobox",
        name=name,
        label=label,
        options=options,
        value=str(value),
        submit=submit,
        id=f"combobox-{next(_ids)}",
    )


@register.simple_tag
def date_range(name: str, first: date, last: date, earliest: date | None = None) -> SafeString:
    """Two days, as `<name>_from` and `<name>_to` of the form around it; the first is not after the last."""
    return _render("date_range", name=name, first=first, last=last, earliest=earliest)


@register.simple_tag
def stepper(steps: Sequence[Any], current: int) -> SafeString:
    """How far something with several steps has come. `current` counts from 1; past the last, all is done."""
    return _render("stepper", steps=list(enumerate(steps, 1)), current=current)


@register.simple_tag
def avatar(name: str, large: bool = False) -> SafeString:
    initials = "".join(part[0] for part in str(name).replace("@", " ").split()[:2]).upper()
    return format_html(
        '<span class="avatar{}" aria-hidden="true">{}</span>',
        " avatar--large" if large else "",
        initials or "?",
    )


@register.simple_tag
def hint(text: str, about: str = "") -> SafeString:
    """A definition that shows on hover and on focus. `about`: the name of what is defined."""
    return _render("hint", text=text, about=about, id=f"hint-{next(_ids)}")


@register.simple_tag
def tile(tile: Tile) -> SafeString:
    points, area = _spark(tile.spark)
    direction, ratio = "", ""
    if tile.change and tile.change.ratio is not None:
        ratio = formats.percent(abs(tile.change.ratio))
        steady = abs(tile.change.ratio) < 0.005
        direction = "steady" if steady else "up" if tile.change.ratio > 0 else "down"
    return _render("tile", tile=tile, ratio=ratio, direction=direction, points=points, area=area)


def _spark(values: Sequence[float]) -> tuple[str, str]:
    """The points of a line 100 wide and 24 high, and of the area under it; '' for fewer than two values."""
    top = max(values, default=0)
    if len(values) < 2 or top <= 0:
        return "", ""
    step = 100 / (len(values) - 1)
    points = " ".join(f"{n * step:.2f},{24 - 24 * value / top:.2f}" for n, value in enumerate(values))
    return points, f"0,24 {points} 100,24"


@register.simple_block_tag(takes_context=False, end_name="endcard")
def card(content: str, title: str = "", note: str = "", flush: bool = False, id: str = "") -> SafeString:
    """A surface with an optional heading; `flush` lets a table reach its edges."""
    return _render("card", content=content, title=title, note=note, flush=flush, id=id)


@register.simple_block_tag(takes_context=False, end_name="endpage_header")
def page_header(content: str, title: str, lead: str = "", crumbs: Sequence[Crumb] = ()) -> SafeString:
    """The page's h1, one line on what it is, the way back; the block's content are its actions."""
    return _render("page_header", content=SafeString(content.strip()), title=title, lead=lead, crumbs=crumbs)


@register.simple_block_tag(takes_context=False, end_name="endtable")
def table(
    content: str,
    caption: str,
    tall: bool = False,
    compact: bool = False,
    sortable: bool = False,
    key: str = "",
) -> SafeString:
    """Around `<thead>` and `<tbody>`; the head stays in sight. Numbers: `class="number"` on th and td.

    `sortable`: by a click on a column's head, for tables that are whole on the page (a cell sorts by its
    `data-sort`, else by its text). `key`: the reader chooses the columns, and the browser remembers it under this name.
    """
    return _render(
        "table", content=content, caption=caption, tall=tall, compact=compact, sortable=sortable, key=key
    )


@register.simple_tag
def pager(page: Page[Any]) -> SafeString:
    return _render("pager", page=page)


@register.simple_tag
def tabs(tabs: Sequence[Tab], label: str) -> SafeString:
    """Links, so that the address says which one is open. `label` names the group to a screen reader."""
    return _render("tabs", tabs=tabs, label=label)


@register.simple_tag
def segmented(tabs: Sequence[Tab], label: str) -> SafeString:
    """A choice of few short values, e.g. the period."""
    return _render("segmented", tabs=tabs, label=label)


@register.simple_block_tag(takes_context=False, end_name="enddialog")
def dialog(content: str, id: str, title: str) -> SafeString:
    """Opened by any `<button data-dialog-open="id">`, closed by `data-dialog-close`, Escape or a click outside."""
    return _render("dialog", content=content, id=id, title=title)


@register.simple_block_tag(takes_context=False, end_name="endsidepanel")
def sidepanel(content: str, id: str, title: str) -> SafeString:
    """A dialog at the screen's edge, for details beside a list; opened and closed like a dialog."""
    return _render("dialog", content=content, id=id, title=title, is_side=True)


@register.simple_block_tag(takes_context=False, end_name="endnotice")
def notice(content: str, tone: str = "info") -> SafeString:
    """Something to know before going on, in the flow of the page."""
    return _render("notice", content=content, tone=tone, icon=_TONE_ICONS[tone])


@register.simple_tag
def toast(text: str, tone: str = "info") -> SafeString:
    return _render("toast", text=text, tone=tone, icon=_TONE_ICONS.get(tone, _TONE_ICONS["info"]))


_TONE_ICONS = {
    "info": "information-circle",
    "good": "check-circle",
    "warn": "exclamation-triangle",
    "bad": "exclamation-circle",
}
_LEVEL_TONES = {"debug": "info", "info": "info", "success": "good", "warning": "warn", "error": "bad"}


@register.filter
def level_tone(level: str) -> str:
    """The tone of a level of Django's messages."""
    return _LEVEL_TONES.get(level, "info")


@register.simple_tag
def timeline(entries: Sequence[TimelineEntry]) -> SafeString:
    days = [
        (day, list(group))
        for day, group in groupby(entries, key=lambda entry: timezone.localtime(entry.at).date())
    ]
    return _render("timeline", days=days)


@register.simple_tag
def empty(
    title: str, text: str = "", icon: str = "inbox", action: str = "", href: str = "", code: str = ""
) -> SafeString:
    """In place of a list without rows: what would be here, and the one thing to do next."""
    return _render("empty", title=title, text=text, icon=icon, action=action, href=href, code=code)


@register.simple_tag
def skeleton(lines: int = 3) -> SafeString:
    return _render("skeleton", lines=range(lines))


@register.simple_tag
def progress(value: int, max: int, label: str) -> SafeString:
    """How far something long has come; `label` says what. With max 0 the end is unknown."""
    return _render("progress", value=value, max=max, label=label, id=f"progress-{next(_ids)}")


@register.simple_tag
def code_block(text: str, label: str = "") -> SafeString:
    return _render("code_block", text=text, label=label, id=f"code-{next(_ids)}")


@register.simple_tag
def copyable(text: str, mono: bool = False) -> SafeString:
    """A value with a button that copies it."""
    return _render("copyable", text=text, mono=mono)


@register.simple_tag(takes_context=True)
def chart(context: template.Context, chart: Chart) -> SafeString:
    """The finding, the plot, the table behind it, and its downloads."""
    request = context["request"]
    query = request.GET.copy()
    query.pop("download", None)
    base = f"{query.urlencode()}&download=" if query else "download="
    return _render(
        "chart",
        chart=chart,
        path=f"{request.path}?{base}{chart.key}",
        bundle=bundle_url(),
        locale=vega_locale(),
    )


@register.filter
def number(value: int | float | None) -> str:
    return "" if value is None else formats.number(value)


@register.filter
def compact(value: int | float) -> str:
    return formats.compact(value)


@register.filter
def percent(ratio: float) -> str:
    return formats.percent(ratio)


@register.filter
def money(amount_minor: int | None, currency: str) -> str:
    """`{{ order.total_minor|money:order.currency }}`"""
    return "" if amount_minor is None else formats.money(amount_minor, currency)


@register.filter
def day(value: date | datetime | None) -> str:
    return _time(value, formats.day(value)) if value else ""


@register.filter
def day_long(value: date | datetime) -> str:
    return _time(value, formats.day_long(value))


@register.filter
def clock_time(value: datetime) -> str:
    return _time(value, formats.clock_time(value))


@register.filter
def moment(value: datetime | None) -> str:
    return _time(value, formats.moment(value)) if value else ""


@register.filter
def instant(value: datetime | None, precision: str = "") -> str:
    """To the second; `full`: with the year."""
    return _time(value, formats.instant(value, with_year=precision == "full")) if value else ""


@register.filter
def duration(value: timedelta) -> str:
    return formats.duration(value)


@register.simple_tag
def spark(values: Sequence[float], label: str) -> SafeString:
    """A small line of how something went; `label` says it in words."""
    points, area = _spark(values)
    return _render("spark", points=points, area=area, label=label)


def _time(value: date | datetime, text: str) -> SafeString:
    instant = value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()
    return format_html('<time datetime="{}">{}</time>', instant, text)
