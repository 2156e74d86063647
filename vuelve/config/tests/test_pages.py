"""Every page of the back office: who may see it, in which language, with nothing in it and with much."""

import re

import pytest
from django.test import Client

from vuelve.config.tests.story import Story, begin
from vuelve.shops.models import Role
from vuelve.shops.tests.people import browser_of, make_member

LIST_PAGES = (
    "customers/",
    "orders/",
    "carts/",
    "journeys/",
    "messages/",
    "data/imports/",
    "data/exports/",
    "",
)


@pytest.fixture(scope="module")
def story(log: None) -> Story:
    told = begin()
    told.customer(
        "ana", firstName="Ana", lastName="Torres <script>alert(1)</script>", address={"country": "MX"}
    )
    told.order("ana", "1001")
    told.ship("ana", "1001", "packed")
    return told


def pages(story: Story) -> list[str]:
    message = story.messages()[0]
    return [
        *LIST_PAGES,
        f"customers/{message['customer_id']}",
        "orders/1001",
        "journeys/thank_you",
        "journeys/milestones",
        "journeys/cross_sell",
        f"messages/{message['id']}",
        f"messages/{message['id']}?width=phone",
        f"messages/{message['id']}?part=text",
        f"messages/{message['id']}/body",
    ]


@pytest.mark.parametrize("locale", ["es", "pt-br", "en"])
def test_every_page_answers_in_every_language(story: Story, locale: str) -> None:
    client = browser_of(make_member(story.shop, locale=locale))
    for page in pages(story):
        response = client.get(f"/s/{story.shop.slug}/{page}")
        assert response.status_code == 200, page
        if not page.endswith("/body"):
            assert f'<html lang="{locale}"' in response.content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_look(story: Story, role: Role) -> None:
    client = browser_of(make_member(story.shop, role=role))
    for page in pages(story):
        assert client.get(f"/s/{story.shop.slug}/{page}").status_code == 200, page


def test_strangers_are_sent_to_sign_in_and_members_of_others_find_nothing(story: Story) -> None:
    other = begin()
    for page in pages(story):
        address = f"/s/{story.shop.slug}/{page}"
        assert Client(HTTP_HOST="localhost").get(address).status_code == 302, page
        assert browser_of(make_member(other.shop)).get(address).status_code == 404, page


def test_ids_of_another_shop_are_not_found(story: Story) -> None:
    other = begin()
    client = browser_of(make_member(other.shop))
    message = story.messages()[0]
    for page in (
        f"customers/{message['customer_id']}",
        f"messages/{message['id']}",
        f"messages/{message['id']}/body",
    ):
        assert client.get(f"/s/{other.shop.slug}/{page}").status_code == 404, page


@pytest.mark.parametrize("page", LIST_PAGES)
def test_an_empty_shop_says_what_to_do_next(page: str, log: None) -> None:
    from vuelve.testing import make_shop

    shop = make_shop()
    html = browser_of(make_member(shop)).get(f"/s/{shop.slug}/{page}").content.decode()
    assert 'class="empty' in html


def test_what_customers_write_is_text_not_markup(story: Story) -> None:
    customer = story.messages()[0]["customer_id"]
    html = (
        browser_of(make_member(story.shop)).get(f"/s/{story.shop.slug}/customers/{customer}").content.decode()
    )
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_a_previewed_message_can_run_nothing(story: Story) -> None:
    message = story.messages()[0]["id"]
    response = browser_of(make_member(story.shop)).get(f"/s/{story.shop.slug}/messages/{message}/body")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_the_list_of_customers_is_searched_filtered_and_downloaded(story: Story) -> None:
    client = browser_of(make_member(story.shop))
    base = f"/s/{story.shop.slug}/customers/"
    assert "ana@example.com" in client.get(base, {"q": "TORRES"}).content.decode()
    assert "ana@example.com" not in client.get(base, {"q": "nobody-like-this"}).content.decode()
    assert "ana@example.com" in client.get(base, {"country": "MX"}).content.decode()
    assert "ana@example.com" not in client.get(base, {"country": "BR"}).content.decode()
    for odd in ("%", "_", "\\", "'; --", "\x00", "x" * 500):
        assert client.get(base, {"q": odd}).status_code == 200
    rows = client.get(base, {"download": "csv"}).getvalue().decode()
    assert "ana@example.com" in rows
    assert re.search(r"1,499\.00|1499", rows)


def test_odd_addresses_are_answered_not_failed(story: Story) -> None:
    client = browser_of(make_member(story.shop))
    base = f"/s/{story.shop.slug}"
    for page in (
        "messages/?journey=x&status=y&step=%00&customer=-1",
        "messages/?after=zzz",
        "customers/?after=%F0",
        "journeys/thank_you?version=999",
    ):
        assert client.get(f"{base}/{page}").status_code == 200, page
    for page in (
        "customers/999999999",
        "messages/999999999",
        "journeys/none",
        "customers/99999999999999999999999",
    ):
        assert client.get(f"{base}/{page}").status_code == 404, page


def test_pausing_and_resuming_a_journey(story: Story) -> None:
    base = f"/s/{story.shop.slug}/journeys/cross_sell"
    viewer = browser_of(make_member(story.shop, role=Role.VIEWER))
    assert viewer.post(f"{base}/status", {"status": "paused"}).status_code == 403
    assert "pause-dialog" not in viewer.get(base).content.decode().split("<dialog")[0]
    marketer = browser_of(make_member(story.shop, role=Role.MARKETER))
    assert status_of(story) == "live"
    assert marketer.post(f"{base}/status", {"status": "paused"}).status_code == 302
    assert status_of(story) == "paused"
    assert marketer.post(f"{base}/status", {"status": "live"}).status_code == 302
    assert status_of(story) == "live"
    assert marketer.post(f"{base}/status", {"status": "nonsense"}).status_code == 400
    assert status_of(story) == "live"


def status_of(story: Story) -> str:
    from vuelve.journeys.models import Journey
    from vuelve.platform.db import for_shop

    with for_shop(story.id):
        return Journey.objects.get(shop_id=story.id, key="cross_sell").status
