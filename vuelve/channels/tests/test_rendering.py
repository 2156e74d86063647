"""Rendering is a function of version, locale and data; values are escaped; amounts and days are the reader's."""

from time import process_time
from typing import Any

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from vuelve.channels.contracts import MessageAborted, Rendered, RenderFailed
from vuelve.channels.rendering import Version, render
from vuelve.channels.templating import amounts
from vuelve.platform import limits
from vuelve.platform.money import Money

FORMAT = {"_format": {"time_zone": "America/Mexico_City", "currency": "MXN"}}


def version(
    html: str = "<p>x</p>", *, subject: str = "Asunto", text: str = "t", locale: str = "es"
) -> Version:
    parts = {"subject": subject, "mjml": "", "text": text}
    return Version(version_id=1, contents={locale: parts}, compiled={locale: html})


def shown(source: str, data: dict[str, Any] | None = None, locale: str = "es-MX") -> str:
    """The text part, which escapes nothing."""
    return render(version(text=source), locale=locale, data=FORMAT | (data or {})).text


def test_values_are_escaped_in_html_and_only_there() -> None:
    bad = '<script>alert("x")</script>&'
    made = version(
        '<a title="{{ customer.name }}">{{ customer.name }}</a>{{ customer.name | append: "<b>" }}'
        "{% capture c %}{{ customer.name }}{% endcapture %}{{ c }}{{ c | upcase }}",
        subject="{{ customer.name }}",
        text="{{ customer.name }}",
    )
    rendered = render(made, locale="es", data={"customer": {"name": bad}})
    assert "<script>" not in rendered.html.lower()
    assert '"x"' not in rendered.html
    assert "&lt;script&gt;" in rendered.html
    assert rendered.text == bad
    assert rendered.subject == bad


def test_what_is_missing_is_empty_or_its_default() -> None:
    source = (
        "[{{ customer.first_name }}][{{ customer.first_name | default: 'amiga' }}][{{ order.items[0].name }}]"
    )
    assert shown(source) == "[][amiga][]"
    assert shown(source, {"customer": {"first_name": ""}}) == "[][amiga][]"
    assert (
        shown("[{{ x | money }}][{{ x | money_major: y }}][{{ x | date: 'long' }}][{{ x | number }}]")
        == "[][][][]"
    )


@pytest.mark.parametrize(
    ("source", "locale", "result"),
    [
        ("{{ 123450 | money: 'MXN' }}", "es-MX", "$1,234.50"),
        ("{{ 123450 | money: 'MXN' }}", "es", "1.234,50\xa0MXN"),
        ("{{ 123450 | money: 'BRL' }}", "pt-BR", "R$\xa01.234,50"),
        ("{{ 1234 | money: 'CLP' }}", "es-CL", "$1.234"),
        ("{{ 123450 | money }}", "en", "MX$1,234.50"),
        ("{{ '123450' | money: 'USD' }}", "en-US", "$1,234.50"),
        ("{{ '1234.5' | money_major: 'MXN' }}", "es-MX", "$1,234.50"),
        ("{{ 99.999 | money_major }}", "es-MX", "$100.00"),
        ("{{ 1234.5 | number }}", "pt-BR", "1.234,5"),
        ("{{ '2026-03-16' | date: 'long' }}", "es-MX", "16 de marzo de 2026"),
        ("{{ '2026-03-16' | date: 'long' }}", "pt-BR", "16 de março de 2026"),
        ("{{ '2026-03-16' | date: 'long' }}", "en-US", "March 16, 2026"),
        ("{{ '2026-03-16' | date: '%-d de %B' }}", "es-MX", "16 de marzo"),
        ("{{ '2026-03-16' | date: '%A %d/%m/%Y' }}", "pt-BR", "segunda-feira 16/03/2026"),
        ("{{ '2026-03-16' | date: \"100%% o'clock %Y\" }}", "en", "100% o'clock 2026"),
        # An instant is told in the reader's own zone: 03:30 UTC is the evening before in Mexico City.
        ("{{ '2026-03-16T03:30:00Z' | date: '%d %H:%M' }}", "es-MX", "15 21:30"),
        ("{{ 'mañana' | date: 'long' }}", "es-MX", "mañana"),
        ("{{ 'now' | date: '%Y' }}", "es-MX", "now"),
    ],
)
def test_amounts_and_days_are_written_for_the_reader(source: str, locale: str, result: str) -> None:
    assert shown(source, locale=locale).replace("\u202f", "\xa0") == result


@pytest.mark.parametrize(
    "source",
    [
        "{{ 12.5 | money: 'MXN' }}",
        "{{ 'abc' | money: 'MXN' }}",
        "{{ 100 | money: 'PESOS' }}",
        "{{ 'x' | money_major }}",
        "{{ '1e999' | money_major }}",
        "{{ '1e999999999' | number }}",
        "{{ 'inf' | number }}",
        "{{ '2026-03-16' | date: '%1000000000d' }}",
        "{{ '2026-03-16' | date: '%Q' }}",
        "{{ 1 | divided_by: 0 }}",
        "{{ '1e400' | ceil }}",
        "{{ customer.name | truncate: 'x' }}",
        "{% if customer.name < 3 %}x{% endif %}",
        "{{ customer.list | sort }}",
    ],
)
def test_what_cannot_be_rendered_says_so_and_raises_nothing_else(source: str) -> None:
    with pytest.raises(RenderFailed) as caught:
        shown(source, {"customer": {"name": "Ana", "list": [1, "a", {"b": 1}]}})
    assert str(caught.value)


@given(st.sampled_from(["es_MX", "es", "pt_BR", "en_US", "es_CL", "de_CH", "hi_IN"]),
       st.sampled_from(["MXN", "BRL", "CLP", "KWD", "USD"]),
       st.integers(-(10**13), 10**13))  # fmt: skip
def test_the_quick_way_of_writing_amounts_is_babels(locale: str, currency: str, amount_minor: int) -> None:
    assert amounts.writer(Locale.parse(locale), currency)(amount_minor) == Money(
        amount_minor, currency
    ).format(locale)


def test_abort_message() -> None:
    for tag in (
        '{% abort_message "no stock" %}',
        '{% abort_message("no stock") %}',
        "{% abort_message customer.why %}",
    ):
        with pytest.raises(MessageAborted) as caught:
            shown("a{% if true %}" + tag + "{% endif %}", {"customer": {"why": "no stock"}})
        assert str(caught.value) == "no stock"
    for tag in ("{% abort_message %}", "{% abort_message() %}"):
        with pytest.raises(MessageAborted):
            shown(tag + "b")
    assert shown("a{% if false %}{% abort_message 'x' %}{% endif %}b") == "ab"


def test_a_subject_is_one_line_and_not_empty() -> None:
    made = version(subject="a{{ customer.name }}")
    assert (
        render(made, locale="es", data={"customer": {"name": "\r\nBcc: x@y.example"}}).subject
        == "a Bcc: x@y.example"
    )
    for empty in ("{{ customer.name }}", " \n "):
        with pytest.raises(RenderFailed, match="subject"):
            render(version(subject=empty), locale="es", data={})
    assert len(render(version(subject="ñ" * 3000), locale="es", data={}).subject) == 500


def test_output_is_bounded_in_bytes() -> None:
    wide = "{{ customer.name }}" * 9
    name = "ñ" * (limits.RENDER_OUTPUT_BYTES_MAX // 10)  # within the bound in characters, twice that in bytes
    with pytest.raises(RenderFailed, match="too large"):
        render(version(wide), locale="es", data={"customer": {"name": name}})


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in event.list %}x{% endfor %}",
        "{% for i in (1..event.n) %}x{% endfor %}",
        "{% for i in (event.n..event.huge) reversed %}x{% endfor %}",
        "{% for i in event.short %}{% for j in event.short %}{% for k in event.short %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% assign s = event.text %}{% for i in event.short %}{% assign s = s | append: s %}{% endfor %}{{ s }}",
        "{{ event.text | replace: 'a', event.text | replace: 'a', event.text | replace: 'a', event.text }}",
        "{{ event.list | join: event.text }}",
        "{% for i in event.short %}{{ event.text }}{{ event.text }}{{ event.text }}{% endfor %}",
        "{{ event.n | times: event.n | times: event.n | times: event.n | times: event.n | times: event.n }}",
        "{{ event.html | strip_html }}",
    ],
)
def test_what_only_the_data_makes_endless_fails_soon(source: str) -> None:
    data = {
        "list": list(range(5000)), "short": list(range(30)), "n": 10**15, "huge": 10**30,
        "text": "a" * 3000, "html": "<" * 100_000,
    }  # fmt: skip
    began = process_time()
    with pytest.raises(RenderFailed):
        shown(source, {"event": data})
    assert process_time() - began < 1


def test_rendering_is_deterministic_and_ignores_the_order_of_keys() -> None:
    made = version(text="{% for pair in event %}{{ pair[0] }}={{ pair[1] }};{% endfor %}")
    one: Rendered = render(made, locale="es", data={"event": {"zz": 1, "a": 2, "m": 3}})
    other = render(made, locale="es", data={"event": {"m": 3, "zz": 1, "a": 2}})
    assert one == other
    assert one.text == "a=2;m=3;zz=1;"


def test_needs_are_what_the_template_names() -> None:
    made = version(
        "{{ customer.first_name }}{% for i in order.items %}{{ i.name }}{% endfor %}",
        subject="{{ customer['last name'] }}",
        text="{% assign e = event %}{{ e.x }}{{ order.items.size }}{{ shop.name | money }}",
    )
    content = made.content("es")
    assert content.needs == {
        "customer": frozenset({"first_name", "last name"}),
        "order": frozenset({"items"}),
        "event": None,
        "shop": frozenset({"name"}),
    }
    assert content.needs_formatting


def test_templates_cannot_reach_python() -> None:
    data = {"customer": {"name": "Ana", "list": [1]}}
    for path in (
        "customer.__class__",
        "customer.name.__class__.__mro__",
        "customer.keys",
        "customer['items']",
        "customer.list.append",
    ):
        assert shown("[{{ " + path + " }}]", data) == "[]"
