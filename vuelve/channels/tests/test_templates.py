"""Publishing: what is refused, with what it says and where; what is kept."""

from typing import Any

import pytest

from vuelve.channels import services
from vuelve.channels.models import Template, TemplateVersion
from vuelve.channels.tests.samples import MJML, contents
from vuelve.platform import limits
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop


def publish(shop: Shop, parts: Any, **changes: Any) -> Any:
    facts = {"key": "thanks", "name": "Gracias", "channel": "email", "purpose": "transactional"} | changes
    return services.publish_template(shop=ShopId(shop.pk), contents=parts, **facts)


def versions(shop: Shop) -> int:
    with for_shop(ShopId(shop.pk)):
        return TemplateVersion.objects.filter(shop=shop).count()


def test_the_same_contents_are_the_same_version(shop: Shop) -> None:
    first = publish(shop, contents())
    assert (first.number, first.is_new) == (1, True)
    again = publish(shop, contents())
    assert (again.version_id, again.is_new) == (first.version_id, False)
    other = publish(shop, contents(subject="Otra"))
    assert (other.number, other.is_new) == (2, True)
    # Back to the first words: a version of its own, since it is the newest that is sent.
    assert publish(shop, contents()).number == 3
    assert versions(shop) == 3


def test_name_and_purpose_follow_the_template_and_the_channel_is_fixed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(shop, contents())
    publish(shop, contents(), name="Gracias de nuevo", purpose="marketing")
    with for_shop(ShopId(shop.pk)):
        template = Template.objects.get(shop=shop)
    assert (template.name, template.purpose) == ("Gracias de nuevo", "marketing")
    monkeypatch.setattr(services, "CHANNELS", ("email", "sms"))
    with pytest.raises(VuelveError) as caught:
        publish(shop, contents(), channel="sms")
    assert (caught.value.code, caught.value.field) == ("channel_fixed", "channel")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"channel": "fax"}, "unknown_channel", "channel"),
        ({"purpose": "spam"}, "unknown_purpose", "purpose"),
        ({"key": "not a key"}, "template_key", "key"),
        ({"key": ""}, "template_key", "key"),
        ({"name": "x" * 121}, "template_name", "name"),
    ],
)
def test_facts_are_checked(shop: Shop, changes: dict[str, str], code: str, field: str) -> None:
    with pytest.raises(VuelveError) as caught:
        publish(shop, contents(), **changes)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert versions(shop) == 0


@pytest.mark.parametrize(
    ("parts", "code", "field", "words"),
    [
        ({}, "template_empty", "contents", "at least one"),
        ({"es": {"mjml": MJML.format(body="x"), "text": "x"}}, "template_subject", "contents.es.subject", "missing"),
        ({"es": {"subject": "  ", "mjml": MJML.format(body="x")}}, "template_subject", "contents.es.subject", "missing"),
        ({"es": {"subject": "x", "text": "x"}}, "template_mjml", "contents.es.mjml", "missing"),
        ({"español": contents()["es"]}, "template_locale", "contents.español", "no locale"),
        ({"es": contents()["es"] | {"html": "x"}}, "template_part", "contents.es.html", "no `html`"),
        ({"es": contents()["es"] | {"text": 5}}, "template_part", "contents.es.text", "text"),
        (contents(subject="a\n{{ customer.name"), "template_syntax", "contents.es.subject", "Line 2"),
        (contents(text="a\n\n{% if x %}b"), "template_syntax", "contents.es.text", "Line 3: `{% if %}` is not closed"),
        (contents(text="{% if a %}{% endfor %}"), "template_syntax", "contents.es.text", "closes nothing"),
        (contents(text="a\n{% for x in %}{% endfor %}"), "template_syntax", "contents.es.text", "Line 2"),
        (contents(text="a\n{% bogus %}"), "template_syntax", "contents.es.text", "Line 2: unexpected tag 'bogus'"),
        (contents(text="{% include 'x' %}"), "template_syntax", "contents.es.text", "include"),
        (contents(text="{% render 'x' %}"), "template_syntax", "contents.es.text", "render"),
        (contents(text="{{ shop.name | shout }}"), "template_filter", "contents.es.text", "no filter `shout`"),
        (contents(text="a\n{{ shop.name\n | safe }}"), "template_filter", "contents.es.text", "Line 3: there is no filter `safe`"),
        (contents(text="a\n{{ shopp.name }}"), "template_object", "contents.es.text", "Line 2: there is no object `shopp`"),
        (contents(text="{{ now }}"), "template_object", "contents.es.text", "`now`"),
        (contents(text="{% assign k = 'now' %}{{ [k] }}"), "template_object", "contents.es.text", "no object"),
        (contents(body="{{ nobody.name }}"), "template_object", "contents.es.mjml", "Line 5"),
        (contents(text="a\x00b"), "template_syntax", "contents.es.text", "NUL"),
        (contents(text="x" * (limits.TEMPLATE_SOURCE_CHARS_MAX + 1)), "template_too_large", "contents.es.text", "100000 at most"),
        (contents(body="<mj-knopf/>"), "template_mjml", "contents.es.mjml", "Line 5: there is no <mj-knopf>"),
        (contents(body="</mj-text>"), "template_mjml", "contents.es.mjml", "Line 5"),
        (contents(body="1 < 2"), "template_mjml", "contents.es.mjml", "Line 5: `<` opens no tag"),
    ],
)  # fmt: skip
def test_bad_contents_say_what_and_where(shop: Shop, parts: Any, code: str, field: str, words: str) -> None:
    with pytest.raises(VuelveError) as caught:
        publish(shop, parts)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert words in caught.value.message
    assert versions(shop) == 0


def test_the_fault_may_be_in_any_locale(shop: Shop) -> None:
    with pytest.raises(VuelveError) as caught:
        publish(shop, contents() | {"pt-BR": contents(subject="{{ x | y }}")["es"]})
    assert caught.value.field == "contents.pt-BR.subject"


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% for i in (1..100000000) reversed %}x{% endfor %}",
        "{% for i in (1..1000000000) offset: 999999990 %}x{% endfor %}",
        "{% for i in (1..900) %}{% for j in (1..900) %}{% endfor %}{% endfor %}",
        "{% if (1..1000000000) contains 5.5 %}x{% endif %}",
        "{{ (1..100000000) | join: ',' }}",
        "{% assign n = 100000000 %}{% for i in (1..n) %}x{% endfor %}",
        "{% assign s = 'aaaaaaaaaa' %}{% for i in (1..20) %}{% assign s = s | append: s %}{% endfor %}{{ s }}",
        "{% assign s = 'aaaaaaaaaa' %}{% for i in (1..14) %}{% assign s = s | append: s %}{% endfor %}"
        "{{ s | replace: 'a', s }}",
        "{% assign s = 'aaaaaaaaaa' %}{% for i in (1..14) %}{% assign s = s | append: s %}{% endfor %}{{ s }}{{ s }}",
        "{% assign s = 'aaaaaaaaaa' %}{% for i in (1..14) %}{% assign s = s | append: s %}{% endfor %}"
        "{% assign a = s | append: '' %}{% assign b = s | append: '' %}{% assign c = s | append: '' %}",
        "{% assign n = 9 %}{% for i in (1..100) %}{% assign n = n | times: n %}{% endfor %}{{ n }}",
        "{% for i in (1..999) %}" + "{% if 1 %}{% endif %}" * 4000 + "{% endfor %}",
        "{% assign s = 'a,b,c,d,e,f,g,h' %}{% for i in (1..8) %}{% assign s = s | append: s %}{% endfor %}"
        "{% assign l = s | split: ',' %}{% for i in (1..900) %}{% assign q = l | sort %}{% endfor %}",
    ],
)
def test_a_template_without_end_or_measure_is_refused_soon(shop: Shop, text: str) -> None:
    from time import process_time

    began = process_time()
    for part in ("text", "body"):
        with pytest.raises(VuelveError) as caught:
            publish(shop, contents(**{part: text}))
        assert caught.value.code == "template_limit"
    assert process_time() - began < 4
    assert versions(shop) == 0


@pytest.mark.parametrize(
    "text", ["{{" * 40_000, "{%" * 40_000, "{% comment %}" * 5_000, "{% if a %}" * 5_000, "{" * 90_000]
)
def test_a_source_that_would_take_the_lexer_minutes_is_answered_at_once(shop: Shop, text: str) -> None:
    from time import process_time

    began = process_time()
    with pytest.raises(VuelveError) as caught:
        publish(shop, contents(text=text))
    assert caught.value.code == "template_syntax"
    assert process_time() - began < 2


def test_liquid_survives_mjml(shop: Shop) -> None:
    body = (
        '{{ shop.name | default: "a & <b>" }} {% if event.n < 3 and event.n > 1 %}&nbsp;x{% endif %}'
        "{% raw %}{{ kept }}{% endraw %}{% comment %} gone {% if %} {% endcomment %}"
        '<a href="{{ unsubscribe_url }}?a=1&amp;b={{ event.id | url_encode }}">u</a><br>'
    )
    publish(shop, contents(body=body))
    with for_shop(ShopId(shop.pk)):
        html = TemplateVersion.objects.get(shop=shop).compiled["es"]
    for liquid in (
        '{{ shop.name | default: "a & <b>" }}',
        "{% if event.n < 3 and event.n > 1 %}&nbsp;x{% endif %}",
        "{% raw %}{{ kept }}{% endraw %}",
        'href="{{ unsubscribe_url }}?a=1&amp;b={{ event.id | url_encode }}"',
    ):
        assert liquid in html
    assert "gone" not in html
    assert 'lang="es"' in html
    assert "fonts.googleapis.com" not in html  # nobody else learns that a message was opened


def test_liquid_where_mjml_drops_it_is_refused(shop: Shop) -> None:
    parts = contents()
    parts["es"]["mjml"] = parts["es"]["mjml"].replace(
        "<mj-column>", '<mj-image width="{{ event.w }}" src="x"/><mj-column>'
    )
    with pytest.raises(VuelveError) as caught:
        publish(shop, parts)
    assert caught.value.code == "template_mjml"
    assert "Line 4: MJML has no place for `{{ event.w }}` here." in caught.value.message


def test_liquid_blocks_may_stand_around_mjml_elements(shop: Shop) -> None:
    parts = contents()
    parts["es"]["mjml"] = (
        parts["es"]["mjml"]
        .replace("<mj-column>", "{% if event.a %}<mj-column>")
        .replace("</mj-column>", "</mj-column>{% endif %}")
    )
    publish(shop, parts)
    assert versions(shop) == 1


def test_mjml_reads_no_files(shop: Shop) -> None:
    parts = contents()
    parts["es"]["mjml"] = parts["es"]["mjml"].replace(
        "<mj-section>", '<mj-include path="/etc/passwd" /><mj-section>'
    )
    with pytest.raises(VuelveError) as caught:
        publish(shop, parts)
    assert "mj-include" in caught.value.message


def test_another_shop_sees_nothing_of_it(shop: Shop) -> None:
    from vuelve.testing import make_shop

    other = make_shop()
    publish(shop, contents())
    assert versions(other) == 0
    assert publish(other, contents()).number == 1
