"""What imported files become in the other packages: orders with payments and refunds, customers, and no message."""

from datetime import UTC, datetime
from pathlib import Path

from vuelve.config.tests.story import begin
from vuelve.customers.contracts import ConsentChannel, ConsentPurpose
from vuelve.events.sources.csv.kinds.people import CHANNELS, PURPOSES
from vuelve.events.sources.csv.tests.files import NOW, run, write
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop
from vuelve.testing import drain

HEADER = "Id,Name,Email,Phone,Billing Name,Financial Status,Currency,Total,Created at,Cancelled at,Refunded Amount,Lineitem name,Lineitem price,Lineitem quantity,Lineitem sku"
MAP = 'kind = "orders"\npreset = "shopify"\n[skip]\n"Financial Status" = ["expired"]\n'


def _rows(shop: Shop, query: str) -> list[tuple[object, ...]]:
    with for_shop(ShopId(shop.pk)) as cursor:
        return cursor.execute(query, [shop.pk]).fetchall()


def test_orders_of_a_store_with_their_payments_refunds_and_cancellations(log: None, tmp_path: Path) -> None:
    story = begin()
    path = write(
        tmp_path / "orders.csv",
        HEADER,
        "1,#1,ana@example.com,,Ana Peña,paid,MXN,150.00,2026-01-05 10:00:00 -0600,,0.00,Taza,50.00,1,T",
        ",,,,,,,,,,,Plato,100.00,1,P",
        "2,#2,ana@example.com,,Ana Peña,partially_refunded,MXN,80.00,2026-01-06 10:00:00 -0600,,30.00,Taza,80.00,1,T",
        "3,#3,bea@example.com,,Bea,voided,MXN,10.00,2026-01-07 10:00:00 -0600,2026-01-08 10:00:00 -0600,0.00,Taza,10.00,1,T",
        "4,#4,,55 1234 5678,Eva,pending,MXN,20.00,2026-01-09 10:00:00 -0600,,0.00,Taza,20.00,1,T",
    )
    counts = run(story.shop, path, MAP)
    assert counts.samples == []
    story.settle()
    orders = _rows(
        story.shop,
        "SELECT order_id, order_number, total_minor, refunded_minor, payment_state, cancelled_at IS NOT NULL, historical "
        "FROM commerce_order WHERE shop_id = %s ORDER BY order_id",
    )
    assert orders == [
        ("1", "#1", 15000, 0, "paid", False, True),
        ("2", "#2", 8000, 3000, "paid", False, True),
        ("3", "#3", 1000, 0, "voided", True, True),
        ("4", "#4", 2000, 0, "pending", False, True),
    ]
    assert _rows(story.shop, "SELECT count(*) FROM commerce_rejected WHERE shop_id = %s") == [(0,)]
    assert _rows(story.shop, "SELECT count(*) FROM commerce_item WHERE shop_id = %s") == [(5,)]
    phones = _rows(story.shop, "SELECT phone FROM customers_customer WHERE shop_id = %s AND name = 'Eva'")
    assert phones == [("+525512345678",)]
    # History: nobody is written to, no journey begins.
    assert story.messages() == []
    assert _rows(story.shop, "SELECT count(*) FROM journeys_run WHERE shop_id = %s") == [(0,)]


def test_a_newer_file_changes_an_order_and_an_older_one_does_not(shop: Shop, tmp_path: Path) -> None:
    map = 'kind = "orders"\n[columns]\norder_id = "id"\nordered_at = "at"\nemail = "mail"\ntotal = "total"\nupdated_at = "changed"\n'
    header = "id,at,mail,total,changed"
    for name, total, changed in (
        ("b", "80", "2026-01-20"),
        ("a", "100", "2026-01-10"),
        ("b2", "80", "2026-01-20"),
    ):
        path = write(tmp_path / f"{name}.csv", header, f"1,2026-01-05,ana@example.com,{total},{changed}")
        run(shop, path, map)
        drain(NOW)
    orders = _rows(shop, "SELECT order_id, total_minor, ordered_at FROM commerce_order WHERE shop_id = %s")
    assert orders == [("1", 8000, datetime(2026, 1, 5, 6, tzinfo=UTC))]


def test_the_words_of_consent_are_those_of_customers() -> None:
    assert set(CHANNELS) == {channel.value for channel in ConsentChannel}
    assert set(PURPOSES) == {purpose.value for purpose in ConsentPurpose}


def test_who_has_only_a_phone_is_one_customer_however_it_is_written(shop: Shop, tmp_path: Path) -> None:
    """Mexico's old mobile form and the new one; in a list of customers, of consents, and of orders with a refund."""
    map = 'kind = "{}"\n[columns]\nphone = "tel"\n'
    people = write(tmp_path / "c.csv", "tel,name", "+52 1 55 1234 5678,Eva", "55 1234 5678,Eva")
    assert run(shop, people, map.format("customers") + 'name = "name"\n').reasons == {}
    consents = write(
        tmp_path / "k.csv", "tel,ok,at,src,txt", "5512345678,yes,2026-01-01,Caja,Quiero noticias"
    )
    columns = (
        'granted = "ok"\ntime = "at"\nsource = "src"\nwording = "txt"\n[constants]\nchannel = "whatsapp"\n'
    )
    assert run(shop, consents, map.format("consents") + columns).reasons == {}
    orders = write(
        tmp_path / "o.csv", "tel,id,at,total,back", "5512345678,1,2026-01-01,10,4", "12,2,2026-01-01,10,0"
    )
    columns = 'order_id = "id"\nordered_at = "at"\ntotal = "total"\nrefunded = "back"\n'
    assert run(shop, orders, map.format("orders") + columns).reasons == {"bad_phone": 1}
    drain(NOW)
    assert _rows(shop, "SELECT phone, name FROM customers_customer WHERE shop_id = %s") == [
        ("+525512345678", "Eva")
    ]
    consents_kept = _rows(shop, "SELECT channel, is_granted FROM customers_consent WHERE shop_id = %s")
    assert consents_kept == [("whatsapp", True)]
    assert _rows(shop, "SELECT order_id, refunded_minor FROM commerce_order WHERE shop_id = %s") == [
        ("1", 400)
    ]


def test_a_dry_run_says_how_many_customers_are_known(shop: Shop, tmp_path: Path) -> None:
    map = 'kind = "customers"\n[columns]\nemail = "mail"\nphone = "tel"\n'
    run(shop, write(tmp_path / "1.csv", "mail,tel", "ana@example.com,", ",55 1234 5678"), map)
    drain(NOW)
    rows = ["ana@example.com,", "ANA@example.com,", "bea@example.com,", ",+52 1 55 1234 5678", "bad,"]
    counts = run(shop, write(tmp_path / "2.csv", "mail,tel", *rows), map, is_dry=True)
    assert (counts.people, counts.people_known) == (3, 2)
