from datetime import UTC, datetime
from typing import Any

from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from vuelve.platform.ui.components import Tile, TimelineEntry, change, trend
from vuelve.platform.ui.paging import Page

EVIL = '"><script>alert(1)</script>'


def render(source: str, **context: Any) -> str:
    context.setdefault("request", RequestFactory().get("/s/a/"))
    with translation.override("en"):
        return Template("{% load ui %}" + source).render(Context(context))


def test_what_a_customer_typed_is_never_markup() -> None:
    rendered = render(
        "{% button evil href=evil data_x=evil %}{% button evil %}{% badge evil %}{% chip evil href=evil %}{% avatar evil %}"
        "{% hint evil about=evil %}{% empty evil evil action=evil href=evil code=evil %}{% code_block evil %}"
        "{% copyable evil %}{% toast evil %}{% tile tile %}{% timeline entries %}{% choose 'a' evil options %}"
        "{% page_header evil lead=evil %}{% endpage_header %}{% card evil %}{{ evil }}{% endcard %}"
        "{% table caption=evil %}{% endtable %}{% dialog 'd' evil %}{{ evil }}{% enddialog %}{% notice %}{{ evil }}{% endnotice %}",
        evil=EVIL,
        tile=Tile(EVIL, EVIL, EVIL, change(2, 1, EVIL), [1, 2], EVIL, EVIL),
        entries=[TimelineEntry(datetime(2026, 1, 1, tzinfo=UTC), EVIL, EVIL, href=EVIL)],
        options=[(EVIL, EVIL)],
    )
    assert "<script" not in rendered
    assert 'href=""><' not in rendered


def test_button_attributes() -> None:
    rendered = render(
        '{% button "Save" kind="primary" hx_get="/x" disabled=True hidden=False class_="wide" %}'
    )
    assert 'class="button button--primary wide"' in rendered
    assert 'hx-get="/x"' in rendered
    assert 'disabled=""' in rendered
    assert "hidden" not in rendered


def test_an_icon_alone_has_a_name() -> None:
    assert 'aria-label="Download"' in render('{% button "Download" icon="arrow-down-tray" icon_only=True %}')


class Form(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="We write to it.")


def test_a_field_is_tied_to_its_help_and_its_error() -> None:
    rendered = render("{% field form.email %}", form=Form({"email": "x"}))
    assert 'aria-describedby="id_email_helptext id_email_error"' in rendered
    assert 'id="id_email_helptext"' in rendered
    assert 'id="id_email_error"' in rendered
    assert 'aria-invalid="true"' in rendered


def test_two_hints_on_a_page_have_different_ids() -> None:
    first, second = (part for part in render("{% hint 'a' %}|{% hint 'a' %}").split("|"))
    assert first != second


def test_a_tile_says_its_change_in_words_too() -> None:
    rendered = render(
        "{% tile tile %}", tile=Tile("Orders", "110", "Placed orders.", change(110, 100, "100"), [1, 2, 3])
    )
    assert "change--good" in rendered
    assert "up" in rendered
    assert "before: 100" in rendered
    assert "<polyline" in rendered


def test_without_a_course_no_line_is_drawn() -> None:
    for spark in ([], [1], [0, 0, 0]):
        assert "<polyline" not in render(
            "{% tile tile %}", tile=Tile("Orders", "0", "Placed orders.", spark=spark)
        )


def test_the_direction_that_is_good_depends_on_the_figure() -> None:
    assert change(110, 100, "").tone == "good"
    assert change(110, 100, "", good="down").tone == "bad"
    assert change(110, 100, "", good="").tone == ""
    assert change(100.1, 100, "").tone == ""


def test_next_to_nothing_is_not_compared_with() -> None:
    assert change(5, 0, "0").ratio is None
    assert change(117_284, 10, "10").ratio is None
    assert [trend(0, 5), trend(5, 0), trend(500, 5), trend(5, 5), trend(6, 5), trend(4, 5)] == [
        "none",
        "new",
        "leap",
        "steady",
        "up",
        "down",
    ]


def test_the_pager_is_not_there_when_one_page_is_all() -> None:
    assert render("{% pager page %}", page=Page([1], "", "")).strip() == ""
    assert 'rel="next"' in render("{% pager page %}", page=Page([1], "?after=x", ""))


def test_a_changed_file_has_another_address() -> None:
    assert "platform/tokens.css?v=" in render("{% asset 'platform/tokens.css' %}")
