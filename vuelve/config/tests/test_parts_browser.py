"""The parts that need scripts, in a real browser: a select that one types in, sorted tables, chosen columns, side panels."""

import re
from typing import TYPE_CHECKING

import pytest

from vuelve.platform.clock import real
from vuelve.platform.tests.browser import looks_right, sign_in
from vuelve.shops import services
from vuelve.shops.tests.people import make_member
from vuelve.testing import make_shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
LAST_SEEN = re.compile("última vez", re.IGNORECASE)


@pytest.fixture
def parts(live_server: str, page: "Page", log: None) -> "Page":
    shop = make_shop()
    member = make_member(shop)
    sign_in(page, live_server, services.issue_sign_in_link(member=member, now=real.now()))
    page.goto(f"{live_server}/s/{shop.slug}/ui")
    return page


def names(page: "Page") -> list[str]:
    return page.locator("table[data-sortable] tbody th").all_text_contents()


def test_they_look_right(parts: "Page") -> None:
    parts.locator("[data-chart]").first.scroll_into_view_if_needed()
    parts.locator("[data-chart] svg").first.wait_for(timeout=20_000)
    looks_right(parts, "parts")


def test_typing_finds_an_option_whatever_its_accents(parts: "Page") -> None:
    field = parts.get_by_role("combobox", name="País")
    field.click()
    field.fill("canada")
    parts.get_by_role("option", name="Canadá").wait_for()
    field.press("ArrowDown")
    field.press("Enter")
    assert field.input_value() == "Canadá"
    assert parts.locator("select[name=country]").input_value() == "CA"
    field.fill("no hay tal país")
    parts.get_by_text("Nada encontrado").wait_for()
    field.press("Escape")
    assert field.input_value() == "Canadá"


def test_a_table_is_sorted_by_its_heads(parts: "Page") -> None:
    assert names(parts) == ["Ana Torres", "Íñigo Paz", "Bea Núñez"]
    head = parts.get_by_role("columnheader", name="Cliente")
    head.get_by_role("button").press("Enter")
    assert names(parts) == ["Ana Torres", "Bea Núñez", "Íñigo Paz"]
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").press("Enter")
    assert names(parts) == ["Íñigo Paz", "Bea Núñez", "Ana Torres"]


def test_the_columns_that_one_wants_are_remembered(parts: "Page") -> None:
    parts.locator(".table__columns summary").click()
    parts.get_by_label(LAST_SEEN).uncheck()
    assert not parts.get_by_role("columnheader", name=LAST_SEEN).is_visible()
    parts.reload()
    parts.get_by_role("columnheader", name="Cliente").wait_for()
    assert not parts.get_by_role("columnheader", name=LAST_SEEN).is_visible()
    assert parts.get_by_role("columnheader", name="Cliente").is_visible()


def test_a_side_panel_opens_and_closes_by_keyboard(parts: "Page") -> None:
    parts.get_by_role("button", name="Ayuda").press("Enter")
    panel = parts.get_by_role("dialog", name="Ayuda")
    panel.wait_for()
    looks_right(parts, "help")
    parts.keyboard.press("Escape")
    panel.wait_for(state="hidden")
