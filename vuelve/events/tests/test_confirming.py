"""A person confirms as what conditions read a property; the past follows, and other types are kept apart and counted."""

from datetime import UTC, datetime

from vuelve.events.queries.schema import properties_of
from vuelve.platform import jobs
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import AuditEntry, Role, Shop
from vuelve.shops.tests.people import browser_of, make_member
from vuelve.testing import drain, track

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def send(shop: Shop, *sizes: object) -> None:
    for size in sizes:
        track(shop, "Measured", user_id="ana", at=NOW, properties={"size": size})
    drain(NOW)


def kept(shop: Shop) -> list[tuple[object, ...]]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return cursor.execute(
            "SELECT text_value, number_value FROM events_property WHERE shop_id = %s AND name = 'size' ORDER BY seq",
            [shop.pk],
        ).fetchall()


def test_a_type_is_confirmed_and_holds_for_the_past(shop: Shop) -> None:
    send(shop, 38, "grande")
    browser = browser_of(make_member(shop, locale="en"))
    page = f"/s/{shop.slug}/data/schema/event?kind=1&name=Measured"
    assert "Confirm its type" in browser.get(page).content.decode()
    body = {"name": "Measured", "property": "size", "value_type": "number"}
    answer = browser.post(f"/s/{shop.slug}/data/schema/type", body, follow=True).content.decode()
    assert "Conditions will read it so" in answer
    assert "confirmed; the past is being read" in answer
    jobs.run_pending()
    assert [number for _text, number in kept(shop)] == [38, None]
    send(shop, 40)
    assert [number for _text, number in kept(shop)] == [38, None, 40]
    answer = browser.get(page).content.decode()
    assert "conditions read it as: number" in answer
    assert "1 value of another type was kept apart" in answer
    with for_shop(ShopId(shop.pk)) as cursor:
        [size] = properties_of(cursor, ShopId(shop.pk), kind=1, name="Measured")
        entries = list(AuditEntry.objects.filter(shop_id=shop.pk, action="Property Type Confirmed"))
    assert size.apart() == 1
    assert [(each.target, each.detail) for each in entries] == [("Measured: size", {"value_type": "number"})]


def test_what_is_refused_changes_nothing(shop: Shop) -> None:
    send(shop, 38)
    browser = browser_of(make_member(shop, locale="en"))
    address = f"/s/{shop.slug}/data/schema/type"

    def confirm(**more: str) -> tuple[int, str]:
        body = {"name": "Measured", "property": "size", "value_type": "number"} | more
        answer = browser.post(address, body, follow=True)
        return answer.status_code, answer.content.decode()

    assert confirm(property="sise")[0] == 404
    assert confirm(name="Other")[0] == 404
    assert confirm(property="size\x00x")[0] == 404
    assert "Choose one of the list" in confirm(value_type="json")[1]
    jobs.run_pending()
    assert kept(shop) == []
    viewer = browser_of(make_member(shop, role=Role.VIEWER))
    assert (
        viewer.post(address, {"name": "Measured", "property": "size", "value_type": "text"}).status_code
        == 403
    )
    confirm()
    jobs.run_pending()
    assert "as another type already" in confirm(value_type="text")[1]
    assert [number for _text, number in kept(shop)] == [38]
