"""The pages of who is who in a real browser: accessible, at a desk and on a phone, and the way through them works."""

from typing import TYPE_CHECKING

import pytest

from vuelve.config.tests.story import begin
from vuelve.config.tests.test_identities import a_shared_tablet
from vuelve.events.services import ensure_months
from vuelve.platform.clock import real
from vuelve.platform.tests.browser import serious_faults, sign_in
from vuelve.shops import services
from vuelve.shops.tests.people import make_member

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_a_wrong_merge_is_taken_back(
    live_server: str, page: "Page", log: None, theme: str, width: int
) -> None:
    ensure_months(now=real.now())
    story = begin()
    ana, _visitor = a_shared_tablet(story)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    page.set_default_navigation_timeout(
        30_000
    )  # signing in leads to a page of charts, which a busy machine draws long
    sign_in(page, live_server, services.issue_sign_in_link(member=make_member(story.shop), now=real.now()))
    shop = f"{live_server}/s/{story.shop.slug}/customers/{ana}"
    for path in ("/history", "/join?q=ana", ""):
        page.goto(shop + path)
        assert serious_faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.get_by_role("button", name="Separar tablet").click()
    page.get_by_role("heading", name="¿Separar tablet?").wait_for()
    assert serious_faults(page) == []
    page.get_by_role("button", name="Separar", exact=True).click()
    page.get_by_text("Separado por el equipo").wait_for()
    assert serious_faults(page) == []
    page.get_by_role("button", name="Volver a unir").click()
    page.get_by_role("button", name="Separar tablet").wait_for()
