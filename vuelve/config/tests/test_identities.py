"""Who is who in the back office, over all packages: seen with its origin, separated, joined again; and who may."""

import pytest
from django.test import Client

from vuelve.config.tests.story import CAMERA, Story, begin
from vuelve.customers.contracts import IdentifierKind
from vuelve.customers.services import resolve
from vuelve.events.services import ensure_months
from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.ids import CustomerId
from vuelve.shops.models import Role
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.testing import identify, track


@pytest.fixture
def story(log: None) -> Story:
    ensure_months(now=real.now())  # pages act at the real time
    return begin()


def rows(story: Story, statement: str) -> list[tuple[object, ...]]:
    with for_shop(story.id) as cursor:
        return cursor.execute(statement).fetchall()


def a_shared_tablet(story: Story) -> tuple[CustomerId, CustomerId]:
    """A guest buys on a tablet where Ana signs in later. Returns Ana and the guest's own profile."""
    guest = {"order_id": "guest-1", "currency": "MXN", "total": "1499.00", "products": [CAMERA]}
    track(story.shop, "Order Completed", anonymous_id="tablet", properties=guest, at=story.clock.now())
    story.settle()
    visitor = resolve(shop=story.id, anonymous_id="tablet")
    story.pass_time(hours=1)
    ana = story.customer("ana", firstName="Ana")
    story.order("ana", "ana-1")
    identify(
        story.shop,
        "ana",
        anonymous_id="tablet",
        at=story.clock.now(),
        traits={"plan": "pro"},
        message_id="sign-in",
    )
    story.settle()
    assert visitor is not None
    return ana, visitor


def page(story: Story, customer: int, rest: str = "") -> str:
    return f"/s/{story.shop.slug}/customers/{customer}{rest}"


def link(owner: int, **more: object) -> dict[str, object]:
    return {"kind": int(IdentifierKind.ANONYMOUS), "value": "tablet", "owner": owner, **more}


def test_a_wrong_merge_is_seen_with_its_origin_and_undone(story: Story) -> None:
    ana, visitor = a_shared_tablet(story)
    orders = "SELECT order_id, customer_id FROM commerce_order ORDER BY order_id"
    assert rows(story, orders) == [("ana-1", ana), ("guest-1", ana)]
    client = browser_of(make_member(story.shop, locale="en", role=Role.SUPPORT))
    shown = client.get(page(story, ana)).content.decode()
    assert "Seen with User id ana in identify" in shown
    assert "tablet" in shown

    asked = client.post(page(story, ana, "/separate"), link(ana))
    assert asked.status_code == 200
    text = asked.content.decode()
    assert "Separate tablet?" in text
    assert "<dt>Orders</dt><dd>1</dd>" in text
    story.settle()
    assert rows(story, orders) == [("ana-1", ana), ("guest-1", ana)]  # asked, not done

    done = client.post(page(story, ana, "/separate"), link(ana, confirmed="1"))
    assert done.status_code == 302
    story.settle()
    assert rows(story, orders) == [("ana-1", ana), ("guest-1", visitor)]
    assert rows(story, "SELECT DISTINCT customer_id FROM commerce_item WHERE order_id = 'guest-1'") == [
        (visitor,)
    ]
    assert client.get(page(story, visitor)).status_code == 200
    assert "says" in client.get(page(story, ana)).content.decode()  # who separated it

    assert client.post(page(story, ana, "/rejoin"), link(ana)).status_code == 302
    story.settle()
    assert rows(story, orders) == [("ana-1", ana), ("guest-1", ana)]
    assert client.post(page(story, ana, "/rejoin"), link(ana)).status_code == 404


def test_two_profiles_of_one_person_are_joined_by_hand(story: Story) -> None:
    ana = story.customer("ana", firstName="Ana")
    bea = story.customer("bea", firstName="Bea")
    properties = {"order_id": "guest-1", "currency": "MXN", "total": "10.00", "products": [CAMERA]}
    track(
        story.shop,
        "Order Completed",
        email="ana.perez@example.com",
        properties=properties,
        at=story.clock.now(),
    )
    story.settle()
    client = browser_of(make_member(story.shop, locale="en"))
    assert "Look for the other profile first." in client.get(page(story, ana, "/join")).content.decode()
    found = client.get(page(story, ana, "/join?q=perez")).content.decode()
    assert "ana.perez@example.com" in found
    other = resolve(shop=story.id, email="ana.perez@example.com")
    assert client.post(page(story, ana, "/join"), {"other": other}).status_code == 302
    story.settle()
    assert rows(story, "SELECT customer_id FROM commerce_order") == [(ana,)]
    refused = client.post(page(story, ana, "/join"), {"other": bea})
    assert refused.status_code == 409
    assert "two accounts of your store are never one customer" in refused.content.decode()
    assert client.post(page(story, ana, "/join"), {"other": "9" * 18}).status_code == 404


def test_every_datum_says_where_it_came_from(story: Story) -> None:
    ana, _visitor = a_shared_tablet(story)
    identify(story.shop, "ana", at=story.clock.now(), traits={"plan": None}, message_id="gone")
    story.settle()
    client = browser_of(make_member(story.shop, locale="en", role=Role.VIEWER))
    text = client.get(page(story, ana, "/history")).content.decode()
    for part in ("plan", "pro", "taken away", "sign-in", "gone", "User id ana", "Granted"):
        assert part in text
    only = client.get(page(story, ana, "/history?trait=plan")).content.decode()
    assert "first_name" not in only
    nobody = client.get(page(story, ana, "/history?trait=none")).content.decode()
    assert "Nothing was said yet" in nobody


@pytest.mark.parametrize("role", [Role.ANALYST, Role.VIEWER])
def test_others_may_look_but_neither_separate_nor_join(story: Story, role: Role) -> None:
    ana, visitor = a_shared_tablet(story)
    client = browser_of(make_member(story.shop, role=role))
    assert "/separate" not in client.get(page(story, ana)).content.decode()
    for rest, form in (
        ("/separate", link(ana, confirmed="1")),
        ("/rejoin", link(ana)),
        ("/join", {"other": visitor}),
    ):
        assert client.post(page(story, ana, rest), form).status_code == 403
    assert client.get(page(story, ana, "/join")).status_code == 403
    assert rows(story, "SELECT count(*) FROM customers_veto") == [(0,)]
    assert resolve(shop=story.id, anonymous_id="tablet") == ana


def test_a_form_that_names_nothing_changes_nothing(story: Story) -> None:
    ana, _visitor = a_shared_tablet(story)
    client: Client = browser_of(make_member(story.shop))
    for form in (
        {},
        link(ana) | {"kind": 9},
        link(10**17),
        link(ana) | {"value": "x"},
        link(ana) | {"owner": "1; DROP TABLE"},
    ):
        assert client.post(page(story, ana, "/separate"), form | {"confirmed": "1"}).status_code == 404
    assert resolve(shop=story.id, anonymous_id="tablet") == ana


@pytest.mark.parametrize("locale", ["es", "pt-br", "en"])
def test_the_pages_answer_in_every_language(story: Story, locale: str) -> None:
    ana, _visitor = a_shared_tablet(story)
    client = browser_of(make_member(story.shop, locale=locale))
    for response in (
        client.get(page(story, ana)),
        client.get(page(story, ana, "/history")),
        client.get(page(story, ana, "/join?q=zzz")),
        client.post(page(story, ana, "/separate"), link(ana)),
    ):
        assert response.status_code == 200
        assert f'<html lang="{locale}"' in response.content.decode()
