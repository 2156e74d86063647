"""A person at the browser: sign in, open a journey, a customer, a message. At a desk and on a phone."""

from typing import TYPE_CHECKING

import pytest

from vuelve.config.tests.story import Story, begin
from vuelve.platform.clock import real
from vuelve.platform.tests.browser import serious_faults, sign_in
from vuelve.shops.services import issue_sign_in_link
from vuelve.shops.tests.people import PASSWORD, make_member

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def story(log: None) -> Story:
    told = begin(real.now())
    told.customer("ana", firstName="Ana", lastName="Torres", locale="es-MX")
    told.order("ana", "1001")
    for status in ("packed", "in_transit"):
        told.ship("ana", "1001", status)
    return told


def test_sign_in_and_look_around(live_server: str, page: "Page", story: Story) -> None:
    member = make_member(story.shop)
    page.goto(f"{live_server}/sign-in")
    page.get_by_label("Correo").fill(member.email)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/s/{story.shop.slug}/")

    page.get_by_role("link", name="Journeys").first.click()
    page.get_by_role("link", name="Avisos de entrega").click()
    graph = page.locator(".graph")
    graph.get_by_text("Pedido confirmado").wait_for()
    assert graph.locator(".graph__node").count() == 8
    graph.get_by_role("link", name="Pedido confirmado").click()

    page.get_by_role("rowheader").get_by_role("link").first.click()
    page.get_by_role("heading", level=1).wait_for()
    body = page.frame_locator("iframe.preview")
    body.get_by_text("1001").first.wait_for()

    page.get_by_role("link", name="Ana Torres").click()
    page.get_by_role("heading", name="Ana Torres").wait_for()
    page.get_by_text("Hizo un pedido").wait_for()
    page.get_by_text("#1001").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_a_screen_reader(
    live_server: str, page: "Page", story: Story, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(page, live_server, issue_sign_in_link(member=make_member(story.shop), now=real.now()))
    message = story.messages()[0]
    faults = {}
    for path in (
        "customers/",
        f"customers/{message['customer_id']}",
        "journeys/",
        "journeys/milestones",
        "messages/",
        f"messages/{message['id']}",
    ):
        page.goto(f"{live_server}/s/{story.shop.slug}/{path}")
        if found := serious_faults(page):
            faults[path] = found
    assert faults == {}


def test_on_a_phone_no_page_is_wider_than_the_screen(live_server: str, page: "Page", story: Story) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, live_server, issue_sign_in_link(member=make_member(story.shop), now=real.now()))
    message = story.messages()[0]
    for path in (
        "",
        "customers/",
        f"customers/{message['customer_id']}",
        "journeys/",
        "journeys/milestones",
        "messages/",
        f"messages/{message['id']}",
    ):
        page.goto(f"{live_server}/s/{story.shop.slug}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_pausing_asks_once_and_says_what_will_happen(live_server: str, page: "Page", story: Story) -> None:
    sign_in(page, live_server, issue_sign_in_link(member=make_member(story.shop), now=real.now()))
    page.goto(f"{live_server}/s/{story.shop.slug}/journeys/thank_you")
    page.get_by_role("button", name="Pausar").click()
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    assert "adentro" in dialog.inner_text().lower() or "dentro" in dialog.inner_text().lower()
    dialog.get_by_role("button", name="Pausar").click()
    page.get_by_role("button", name="Reanudar").click()
    page.get_by_text("Activo").first.wait_for()
