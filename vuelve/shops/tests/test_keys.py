"""API keys: made, replaced with overlap, revoked, and that their use is noted."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId, hash_secret
from vuelve.shops import services_keys
from vuelve.shops.models import ApiKey, AuditEntry, KeyKind, Membership, Role, Shop
from vuelve.shops.services import KEY_USE_NOTED_SECONDS, issue_key, key_holder
from vuelve.shops.tests.people import another_shop, browser_of, make_member

SECRET = re.compile(r"\bv[ws]_[\w-]{20,}")


@pytest.fixture
def owner(shop: Shop) -> Membership:
    member = make_member(shop, locale="en")
    return Membership.objects.select_related("member").get(member=member, shop=shop)


@pytest.fixture
def browser(owner: Membership) -> Client:
    return browser_of(owner.member)


def url(shop: Shop, name: str, **kwargs: int) -> str:
    return reverse(name, kwargs={"shop_slug": shop.slug, **kwargs})


def row_of(secret: str) -> ApiKey:
    return ApiKey.objects.get(hash=hash_secret(secret))


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_key_is_made_and_shown_once(shop: Shop, browser: Client, kind: KeyKind) -> None:
    body = {"kind": kind.value, "access": "full", "label": "<b>Tienda</b> 🛒"}
    page = browser.post(url(shop, "key_create"), body).content.decode()
    found = SECRET.search(page)
    assert found is not None
    holder = key_holder(secret=found[0])
    assert holder is not None
    assert (holder.shop, holder.is_secret) == (shop.pk, kind == KeyKind.SECRET)
    again = browser.get(url(shop, "keys")).content.decode()
    assert not SECRET.search(again)
    assert "&lt;b&gt;Tienda&lt;/b&gt;" in again
    with for_shop(ShopId(shop.pk)):
        entry = AuditEntry.objects.get(shop=shop, action="Key Created")
    assert found[0] not in str(entry.detail) + entry.target
    assert found[0].startswith(entry.target)


def test_what_is_no_key(shop: Shop, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    full = {"access": "full"}
    for body in ({"kind": "master"}, {}, {"kind": "write", "label": "x" * 61}):
        assert browser.post(url(shop, "key_create"), full | body).status_code == 422
    monkeypatch.setattr(services_keys, "KEYS_MAX", 0)
    assert browser.post(url(shop, "key_create"), full | {"kind": "write"}).status_code == 422
    assert not ApiKey.objects.filter(shop=shop).exists()


def test_a_replaced_key_works_for_a_day_beside_the_new_one(
    shop: Shop, owner: Membership, browser: Client
) -> None:
    old = issue_key(shop=shop, kind=KeyKind.WRITE, label="web").secret
    page = browser.post(url(shop, "key_rotate", key_id=row_of(old).pk)).content.decode()
    found = SECRET.search(page)
    assert found is not None
    new = found[0]
    assert (row_of(new).kind, row_of(new).label) == ("write", "web")
    assert key_holder(secret=old) is not None
    assert key_holder(secret=new) is not None
    assert browser.post(url(shop, "key_rotate", key_id=row_of(old).pk)).status_code == 409
    ApiKey.objects.filter(pk=row_of(old).pk).update(expires_at=real.now() - timedelta(seconds=1))
    assert key_holder(secret=old) is None
    assert key_holder(secret=new) is not None


def test_keys_that_are_over_keep_no_new_one_out(
    shop: Shop, owner: Membership, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services_keys, "KEYS_MAX", 2)
    key = row_of(issue_key(shop=shop, kind=KeyKind.SECRET, label="server").secret).pk
    assert browser.post(url(shop, "key_rotate", key_id=key)).status_code == 200
    newest = ApiKey.objects.filter(shop=shop).latest("pk").pk
    assert browser.post(url(shop, "key_rotate", key_id=newest)).status_code == 409  # both work still
    ApiKey.objects.filter(pk=key).update(expires_at=real.now() - timedelta(seconds=1))
    assert browser.post(url(shop, "key_rotate", key_id=newest)).status_code == 200
    assert ApiKey.objects.filter(shop=shop).count() == 3


def test_a_revoked_key_works_no_more(shop: Shop, browser: Client) -> None:
    secret = issue_key(shop=shop, kind=KeyKind.SECRET).secret
    assert browser.post(url(shop, "key_revoke", key_id=row_of(secret).pk)).status_code == 302
    assert key_holder(secret=secret) is None
    assert browser.post(url(shop, "key_revoke", key_id=row_of(secret).pk)).status_code == 404
    assert browser.post(url(shop, "key_rotate", key_id=row_of(secret).pk)).status_code == 404


def test_its_use_is_noted_now_and_then(shop: Shop, browser: Client) -> None:
    secret = issue_key(shop=shop, kind=KeyKind.WRITE).secret
    assert row_of(secret).last_used_at is None
    key_holder(secret=secret)
    first = row_of(secret).last_used_at
    assert first is not None
    key_holder(secret=secret)
    assert row_of(secret).last_used_at == first
    earlier = first - timedelta(seconds=KEY_USE_NOTED_SECONDS + 1)
    ApiKey.objects.filter(pk=row_of(secret).pk).update(last_used_at=earlier)
    key_holder(secret=secret)
    noted = row_of(secret).last_used_at
    assert noted is not None
    assert noted >= first


@pytest.mark.parametrize("role", list(Role))
def test_who_manages_keys(shop: Shop, role: Role) -> None:
    secret = issue_key(shop=shop, kind=KeyKind.WRITE).secret
    browser, key = browser_of(make_member(shop, role=role)), row_of(secret).pk
    may = role in {Role.OWNER, Role.ADMIN}
    assert browser.get(url(shop, "keys")).status_code == (200 if may else 403)
    made = browser.post(url(shop, "key_create"), {"kind": "write", "access": "full"})
    assert made.status_code == (200 if may else 403)
    assert browser.post(url(shop, "key_rotate", key_id=key)).status_code == (200 if may else 403)
    assert browser.post(url(shop, "key_revoke", key_id=key)).status_code == (302 if may else 403)
    other = browser_of(make_member(another_shop()))
    assert other.post(url(shop, "key_revoke", key_id=key)).status_code == 404


def test_another_shop_s_key_is_not_found(shop: Shop, browser: Client) -> None:
    secret = issue_key(shop=another_shop(), kind=KeyKind.WRITE).secret
    assert browser.post(url(shop, "key_revoke", key_id=row_of(secret).pk)).status_code == 404
    assert key_holder(secret=secret) is not None
