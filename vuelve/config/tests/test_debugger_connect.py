"""Connecting a store: a key that is tried out, who may do what, where the overview leads to."""

import pytest
from django.test import Client

from vuelve.config.tests.developer import PAGES, audit_lines, page, settle
from vuelve.events.services import prepare_log
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops import services as shops
from vuelve.shops.models import ApiKey, KeyKind, Role, Shop
from vuelve.shops.tests.conftest import cheap_passwords  # noqa: F401
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.testing import make_shop


@pytest.fixture
def shop(log: None) -> Shop:
    prepare_log(now=real.now())
    return make_shop()


@pytest.fixture
def browser(shop: Shop) -> Client:
    return browser_of(make_member(shop, locale="en"))


def test_a_key_is_tried_out_and_the_event_arrives(shop: Shop, browser: Client) -> None:
    key = shops.issue_key(shop=shop, kind=KeyKind.WRITE, label="web").secret
    found = browser.post(f"/s/{shop.slug}/data/connect/", {"key": key}).content.decode()
    assert "Received" in found
    assert f"writeKey: &quot;{key}&quot;" in found  # the snippet has it now
    message_id = found.partition("connect/test/")[2].partition('"')[0]
    assert "Being identified" in page(browser, shop, f"connect/test/{message_id}")
    settle()
    assert "anonymous visitor" in page(browser, shop, f"connect/test/{message_id}")
    assert "Connection Tested</a>" in page(browser, shop, "live/")
    assert key not in page(browser, shop, "connect/")


def test_a_key_of_another_shop_is_no_key_here(shop: Shop, browser: Client) -> None:
    other = make_shop()
    theirs = shops.issue_key(shop=other, kind=KeyKind.WRITE).secret
    unknown = browser.post(f"/s/{shop.slug}/data/connect/", {"key": "vw_nothing"}).content.decode()
    found = browser.post(f"/s/{shop.slug}/data/connect/", {"key": theirs}).content.decode()
    assert "no key of this shop" in found
    assert "no key of this shop" in unknown
    with for_shop(ShopId(other.pk)) as cursor:
        assert cursor.execute("SELECT count(*) FROM events_event").fetchone() == (0,)


def test_a_key_that_is_not_at_hand_is_tried_by_its_row(shop: Shop, browser: Client) -> None:
    shops.issue_key(shop=shop, kind=KeyKind.WRITE)
    key = ApiKey.objects.get(shop=shop)
    assert f'name="known" value="{key.pk}"' in page(browser, shop, "connect/")
    assert (
        "Received" in browser.post(f"/s/{shop.slug}/data/connect/", {"known": str(key.pk)}).content.decode()
    )
    other = make_shop()
    shops.issue_key(shop=other, kind=KeyKind.WRITE)
    for number in (ApiKey.objects.get(shop=other).pk, 0):
        assert browser.post(f"/s/{shop.slug}/data/connect/", {"known": str(number)}).status_code == 404
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=real.now())
    assert browser.post(f"/s/{shop.slug}/data/connect/", {"known": str(key.pk)}).status_code == 404
    with for_shop(ShopId(other.pk)) as cursor:
        assert cursor.execute("SELECT count(*) FROM events_event").fetchone() == (0,)


def test_a_secret_key_works_and_is_never_written_down(shop: Shop, browser: Client) -> None:
    secret = shops.issue_key(shop=shop, kind=KeyKind.SECRET).secret
    found = browser.post(f"/s/{shop.slug}/data/connect/", {"key": secret}).content.decode()
    assert "This is a secret key" in found
    assert secret not in found


@pytest.mark.parametrize("role", Role.values)
def test_who_may_send_a_test_event(shop: Shop, role: str) -> None:
    key = shops.issue_key(shop=shop, kind=KeyKind.WRITE).secret
    browser = browser_of(make_member(shop, role=Role(role)))
    response = browser.post(f"/s/{shop.slug}/data/connect/", {"key": key})
    may = role in ("owner", "admin", "marketer")
    assert response.status_code == (200 if may else 403)
    with for_shop(ShopId(shop.pk)) as cursor:
        assert cursor.execute("SELECT count(*) FROM events_event").fetchone() == (int(may),)


def test_an_audit_line_is_no_matter_of_looking(shop: Shop, browser: Client) -> None:
    for path in PAGES:
        page(browser, shop, path)
    assert audit_lines(shop) == 0


@pytest.mark.parametrize("role", Role.values)
def test_who_may_change_from_whom_orders_are_taken(shop: Shop, role: str) -> None:
    browser = browser_of(make_member(shop, role=Role(role), locale="en"))
    offered = 'name="guard"' in page(browser, shop, "connect/")
    response = browser.post(f"/s/{shop.slug}/data/connect/orders", {"guard": "1"})
    may = role in ("owner", "admin")
    shop.refresh_from_db()
    assert (offered, response.status_code, shop.orders_need_secret_key) == (may, 302 if may else 403, may)
    assert audit_lines(shop) == int(may)


def test_a_test_event_of_a_guarded_shop_still_arrives(shop: Shop, browser: Client) -> None:
    browser.post(f"/s/{shop.slug}/data/connect/orders", {"guard": "1"})
    key = shops.issue_key(shop=shop, kind=KeyKind.WRITE).secret
    assert "Received" in browser.post(f"/s/{shop.slug}/data/connect/", {"key": key}).content.decode()
    browser.post(f"/s/{shop.slug}/data/connect/orders", {"guard": "0"})
    shop.refresh_from_db()
    assert not shop.orders_need_secret_key


def test_the_overview_of_a_shop_without_events_leads_to_connecting(shop: Shop, browser: Client) -> None:
    assert f'href="/s/{shop.slug}/data/connect/"' in browser.get(f"/s/{shop.slug}/").content.decode()
