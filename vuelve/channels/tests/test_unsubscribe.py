"""Unsubscribing, from the link in a message to the next message that is not sent."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from vuelve.channels import links
from vuelve.channels.contracts import EMAIL
from vuelve.channels.rendering import render_message
from vuelve.channels.tests.samples import (
    NOON,
    add_customer,
    contents,
    dispatch,
    message,
    publish,
    queue,
    told,
)
from vuelve.platform.db import django_database, for_shop
from vuelve.platform.ids import CustomerId, MessageId, ShopId
from vuelve.shops.models import Shop
from vuelve.testing import make_shop

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
BODY = 'Hola <a href="{{ unsubscribe_url }}">baja</a>'


def consents(shop: Shop, customer: int) -> dict[str, bool]:
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "SELECT purpose, is_granted FROM customers_consent WHERE customer_id = %s AND channel = 'email'",
            [customer],
        )
        return dict(cursor.fetchall())


def path_in(shop: Shop, pk: int) -> str:
    """The path of the link that the reader of a message sees."""
    html = render_message(shop=ShopId(shop.pk), message=MessageId(pk)).html
    found = re.search(r'href="https?://[^/]+(/u/[^"]+)"', html)
    assert found is not None
    return found[1]


def sent(shop: Shop, customer: int, purpose: str = "marketing") -> str:
    """The path in a message that was sent for a purpose."""
    pk = queue(shop, customer, publish(shop, purpose=purpose, parts=contents(body=BODY)), purpose=purpose)
    dispatch(NOON)
    assert message(shop, pk)["status"] == "delivered"
    return path_in(shop, pk)


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1")


ALL = {"marketing": True, "survey": True, "loyalty": True}


def test_from_the_message_to_the_next_one_that_is_withheld(shop: Shop, client: Client) -> None:
    customer = add_customer(shop, consents=ALL)
    path = sent(shop, customer)
    # Queued before, sent after: opting out acts at once.
    version = publish(shop, key="next", parts=contents(body=BODY))
    marketing, survey, loyalty, transactional = (
        queue(shop, customer, version, purpose=purpose, due_at=NOON + timedelta(hours=1))
        for purpose in ("marketing", "survey", "loyalty", "transactional")
    )

    page = client.get(path)
    assert page.status_code == 200
    assert "Tienda de Prueba" in page.content.decode()
    assert "<form" in page.content.decode()
    assert consents(shop, customer) == ALL  # looking changes nothing
    assert not page.cookies

    done = client.post(path)
    assert done.status_code == 200
    assert "Tienda de Prueba" in done.content.decode()
    assert "<form" not in done.content.decode()
    assert not done.cookies
    assert consents(shop, customer) == {"marketing": False, "survey": False, "loyalty": True}
    assert [(n, p["purpose"], p["source"]) for n, p in told(shop, "Message Unsubscribed")] == [
        ("Message Unsubscribed", "marketing", "unsubscribe page")
    ]

    dispatch(NOON + timedelta(hours=1))
    assert [
        (message(shop, pk)["status"], message(shop, pk)["reason"])
        for pk in (marketing, survey, loyalty, transactional)
    ] == [
        ("withheld", "no_consent"),
        ("withheld", "no_consent"),
        ("delivered", None),
        ("delivered", None),
    ]


def test_one_click_without_cookie_or_token(shop: Shop, client: Client) -> None:
    customer = add_customer(shop, consents=ALL)
    path = sent(shop, customer)
    for _ in range(2):  # mail programs repeat themselves
        answer = client.post(path, ONE_CLICK)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain")
    answer = client.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert consents(shop, customer)["marketing"] is False
    assert {p["source"] for _, p in told(shop, "Message Unsubscribed")} == {"one-click"}


@contextmanager
def as_role(role: str) -> Iterator[None]:
    """A connection of its own: temporary tables belong to who made them."""
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(django_database(role))
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def test_the_web_processs_own_role_may_do_it(shop: Shop, client: Client) -> None:
    customer = add_customer(shop, consents=ALL)
    path = sent(shop, customer)
    with as_role("web"):
        assert client.get(path).status_code == 200
        assert client.post(path, ONE_CLICK).status_code == 200
    assert consents(shop, customer)["marketing"] is False


def test_a_link_about_points_leaves_the_rest(shop: Shop, client: Client) -> None:
    customer = add_customer(shop, consents=ALL)
    client.post(sent(shop, customer, "loyalty"), ONE_CLICK)
    assert consents(shop, customer) == {"marketing": True, "survey": True, "loyalty": False}


def test_the_link_of_a_message_about_an_order_ends_the_offers(shop: Shop, client: Client) -> None:
    customer = add_customer(shop, consents=ALL)
    client.post(sent(shop, customer, "transactional"), ONE_CLICK)
    assert consents(shop, customer) == {"marketing": False, "survey": False, "loyalty": True}


def test_who_comes_back_and_leaves_again_by_the_same_link_is_gone_again(shop: Shop, client: Client) -> None:
    from vuelve.customers import services as customers

    customer = add_customer(shop, consents={"marketing": True})
    path = sent(shop, customer)
    client.post(path, ONE_CLICK)
    customers.grant(
        shop=ShopId(shop.pk), customer=CustomerId(customer), channel=EMAIL, purpose="marketing",
        now=datetime.now(tz=NOON.tzinfo), key="again", source="test", wording="",
    )  # fmt: skip
    assert consents(shop, customer)["marketing"] is True
    client.post(path, ONE_CLICK)
    assert consents(shop, customer)["marketing"] is False


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path[:-1] + ("A" if path[-1] != "A" else "B"),
        lambda path: path.replace("marketing", "loyalty"),
        lambda path: re.sub(r"/u/\d+\.", "/u/999999999.", path),
        lambda path: re.sub(r"/u/(\d+)\.(\d+)\.", r"/u/\1.1.", path),
        lambda path: path.rpartition(":")[0],
        lambda _: "/u/" + "9" * 400,
        lambda _: "/u/x",
        lambda _: "/u/1.2.3.email.marketing:",
        lambda path: "/u/²." + path[3:],
    ],
)
def test_a_tampered_link_is_not_found_and_changes_nothing(
    shop: Shop, client: Client, spoil: Callable[[str], str]
) -> None:
    customer = add_customer(shop, consents=ALL)
    path = spoil(sent(shop, customer))
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
    assert client.post(path, ONE_CLICK).status_code == 404
    assert consents(shop, customer) == ALL
    assert told(shop, "Message Unsubscribed") == []


def test_one_shops_key_does_not_open_anothers_customers(shop: Shop, client: Client) -> None:
    other = make_shop()
    customer = add_customer(shop, consents=ALL)
    link = links.UnsubscribeLink(ShopId(shop.pk), CustomerId(customer), MessageId(1), "email", "marketing")
    forged = links.unsubscribe_token(link, other.signing_key)
    assert client.post(f"/u/{forged}", ONE_CLICK).status_code == 404
    assert consents(shop, customer) == ALL
    assert client.post(f"/u/{links.unsubscribe_token(link, shop.signing_key)}", ONE_CLICK).status_code == 200
    assert consents(shop, customer)["marketing"] is False


def test_other_methods_change_nothing(shop: Shop, client: Client) -> None:
    customer = add_customer(shop, consents=ALL)
    path = sent(shop, customer)
    assert client.head(path).status_code == 200
    for method in ("put", "delete", "patch", "options"):
        assert getattr(client, method)(path).status_code == 405
    assert consents(shop, customer) == ALL


def test_the_address_is_kept_from_others(shop: Shop, client: Client) -> None:
    page = client.get(sent(shop, add_customer(shop, consents=ALL)))
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert "<script" not in page.content.decode()


@pytest.mark.parametrize(
    ("customer_locale", "shop_locale", "language"),
    [
        ("pt-BR", "es", "pt-br"),
        ("en-US", "es", "en"),
        (None, "pt-BR", "pt-br"),
        ("de-DE", "es", "es"),
        (None, "fr", "en"),
    ],
)
def test_the_page_speaks_the_customers_language(
    shop: Shop, client: Client, customer_locale: str | None, shop_locale: str, language: str
) -> None:
    Shop.objects.filter(pk=shop.pk).update(locale=shop_locale)
    customer = add_customer(shop, consents=ALL, locale=customer_locale)
    page = client.get(sent(shop, customer), headers={"Accept-Language": "ja"})
    assert f'<html lang="{language}">' in page.content.decode()


def test_a_shops_name_is_text(shop: Shop, client: Client) -> None:
    Shop.objects.filter(pk=shop.pk).update(name="<script>alert(1)</script>")
    page = client.get(sent(shop, add_customer(shop, consents=ALL)))
    assert "<script>" not in page.content.decode()


def test_who_is_erased_since_is_answered_all_the_same(shop: Shop, client: Client) -> None:
    link = links.UnsubscribeLink(ShopId(shop.pk), CustomerId(10**12), MessageId(1), "email", "marketing")
    path = f"/u/{links.unsubscribe_token(link, shop.signing_key)}"
    assert client.get(path).status_code == 200
    assert client.post(path, ONE_CLICK).status_code == 200


def test_a_merged_customers_old_link_still_works(shop: Shop, client: Client) -> None:
    before, after = add_customer(shop, consents=ALL), add_customer(shop, consents=ALL)
    path = sent(shop, before)
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "INSERT INTO customers_alias (shop_id, customer_id, canonical_id, merged_at, reason) VALUES (%s, %s, %s, %s, 'x')",
            [shop.pk, before, after, NOON],
        )
    assert client.post(path, ONE_CLICK).status_code == 200
    assert consents(shop, after)["marketing"] is False
