"""Erasing a person over all packages: what goes, what stays, what must not come back."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from vuelve.channels.services import suppress
from vuelve.config.tests.story import CAMERA, MORNING, Story, begin
from vuelve.customers.contracts import CUSTOMERS_MERGED
from vuelve.customers.services import disclosing, erasing, resolve, shop_erasing, verifying
from vuelve.customers.services.desk import StorePrivacyDesk
from vuelve.customers.services.settling import SQL
from vuelve.events.contracts import Rejected
from vuelve.events.rejecting import keep_rejected
from vuelve.events.rewriting import bare
from vuelve.events.services import ensure_months, record
from vuelve.events.sources.csv import store
from vuelve.events.sources.csv.contracts import Fingerprint
from vuelve.events.sources.csv.privacy import CHUNK_BYTES
from vuelve.events.sources.csv.tests import files as csv
from vuelve.events.sources.csv.uploading import keep
from vuelve.loyalty.services import open_programme
from vuelve.platform import jobs, limits
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import fetch_dicts, for_shop
from vuelve.platform.errors import Retryable, VuelveError
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId
from vuelve.segments.services import upload
from vuelve.shops import services as shops
from vuelve.shops.exporting.services import path_of, request_export
from vuelve.shops.exporting.writing import Format, Period
from vuelve.testing import identify, make_shop, track

ANA = re.compile(r"ana@example\.com|\bana\b|anonymous-of-ana|525512345678|Calle Ana", re.IGNORECASE)

# Who asked, in the shop's own records; and the numbers of erased customers, which lead nowhere.
TOLD_OF_IDS = {"customers_erasure", "customers_disclosure"}


@pytest.fixture
def told(log: None) -> Story:
    """With journeys and messages, and points."""
    return rewarding(begin())


@pytest.fixture
def story(log: None) -> Story:
    """Events, customers and orders only: quicker to tell."""
    return quiet()


def quiet() -> Story:
    ensure_months(now=MORNING)
    return rewarding(Story(shop=make_shop(), clock=VirtualClock(MORNING)))


def rewarding(story: Story) -> Story:
    """Orders earn points."""
    open_programme(shop=story.id, now=MORNING - timedelta(days=1_000), actor="test")
    return story


def test_every_table_with_a_customers_id_is_in_a_part(story: Story) -> None:
    covered = {table for part in registry.privacy for table in part.tables}
    with for_shop(story.id) as cursor:
        found = {table for table, _column in verifying.id_columns(cursor)}
    assert found - covered == set(), "say in the package's privacy.py what becomes of these"
    assert covered >= BY_HAND


# Tables with personal data and without a column of the usual name.
BY_HAND = {
    "channels_suppression",
    "customers_customer",
    "events_quarantine",
    "events_rejected",
    "shops_auditentry",
}


def test_a_part_names_tables_of_its_own_package_that_exist(story: Story) -> None:
    with for_shop(story.id) as cursor:
        for part in registry.privacy:
            for table in part.tables:
                assert table.startswith(f"{part.name}_")
                assert cursor.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,)


def test_the_columns_of_the_log_are_those_that_a_bare_event_was_decided_for(story: Story) -> None:
    """A new column may hold personal data: say in rewrite_events.sql what becomes of it."""
    with for_shop(story.id) as cursor:
        cursor.execute("SELECT * FROM events_event LIMIT 0")
        columns = {column.name for column in cursor.description or ()}
    kept = {
        "shop_id",
        "seq",
        "xid",
        "kind",
        "origin",
        "shard",
        "occurred_at",
        "received_at",
        "name",
        "source",
    }
    taken_out = {
        "customer_id", "message_id", "user_id", "anonymous_id", "email", "phone", "properties", "context", "historical",
    }  # fmt: skip
    assert columns == kept | taken_out


def test_nothing_of_the_person_stays_and_the_orders_do(told: Story) -> None:
    ana = a_full_life(told)
    bea = told.customer("bea", firstName="Bea")
    told.order("bea", "2001")
    before = sums(told)
    others = dump(told, without=ANA)
    assert len(hits(told)) > 20

    report = erased(told, ana)

    assert hits(told) == []
    assert sums(told) == before
    assert report["state"] == "finished"
    assert report["verification"]["is_clean"]
    assert report["verification"]["is_complete"]
    assert report["counts"]["commerce_order"] == 2
    assert report["counts"]["customers_customer"] == 2  # the visitor too, who turned out to be Ana
    assert report["sealed"] is None
    remains = report["remains_id"]
    assert column(told, "SELECT DISTINCT customer_id FROM commerce_order WHERE order_id LIKE '1%%'") == [
        remains
    ]
    assert column(told, "SELECT id FROM customers_customer") == [bea]
    assert sums(told)["messages"] == before["messages"]
    # Nobody else lost anything.
    assert {line for line in others if re.search(r"\bbea\b", line)} <= set(dump(told))


def test_runs_end_and_what_waits_is_not_sent(told: Story) -> None:
    ana = a_full_life(told)
    waiting = column(told, "SELECT count(*) FROM journeys_run WHERE status = 0")
    assert waiting != [0]
    with for_shop(told.id) as cursor:
        cursor.execute(
            "UPDATE channels_message SET status = 'queued', finished_at = NULL WHERE status = 'delivered'"
        )
    queued = column(told, "SELECT count(*) FROM channels_message WHERE status = 'queued'")
    erased(told, ana)
    assert column(told, "SELECT count(*) FROM journeys_run WHERE status = 0") == [0]
    assert column(told, "SELECT count(*) FROM channels_message WHERE reason = 'erased'") == queued
    entered, left, inside = counts_of_journeys(told)
    assert entered == left + inside
    messages = told.told()
    told.pass_time(days=10)
    assert told.told() == messages
    assert hits(told) == []


def test_a_link_in_an_old_message_resurrects_nobody(told: Story) -> None:
    ana = a_full_life(told)
    from vuelve.channels.links import UnsubscribeLink
    from vuelve.channels.services import unsubscribe
    from vuelve.platform.ids import MessageId

    message = MessageId(told.messages()[0]["id"])
    erased(told, ana)
    link = UnsubscribeLink(told.id, ana, message, "email", "marketing")
    before = dump(told)
    unsubscribe(link=link, source="link", wording="", now=told.clock.now())
    assert dump(told) == before


def test_the_same_events_and_the_old_list_bring_nothing_back(story: Story) -> None:
    ana = a_full_life(story)
    erased(story, ana)
    before = sums(story)
    then = story.clock.now() - timedelta(days=1)
    story.pass_time(hours=1)
    for key in ("a", "b"):  # under new message ids: an SDK that retries, and a list that is imported again
        historical = key == "b"
        traits = {"email": "Ana@Example.com", "firstName": "Ana", "consents": {"email": {"marketing": True}}}
        identify(story.shop, "ana", at=then, traits=traits, historical=historical, message_id=f"again-{key}")
        say(story, "Product Viewed", then, historical=historical)
        say(story, "Page Loved", story.clock.now(), historical=historical)
        say(story, "Consent Granted", then, historical=historical, channel="email", purpose="marketing")
    identify(story.shop, "ana", at=story.clock.now(), traits={"email": "ana@example.com"})
    story.settle()
    assert hits(story) == []
    assert sums(story) == before
    with for_shop(story.id):
        assert resolve(shop=story.id, email="ana@example.com") is None


def test_the_same_files_imported_again_bring_nothing_back(story: Story, tmp_path: Path) -> None:
    files = {
        csv.ORDERS: csv.write(
            tmp_path / "orders.csv", "id,at,email,total,sku,qty,price",
            "1,2026-01-05,ana@example.com,30.00,A,1,30.00", "2,2026-01-06,bea@example.com,5,B,1,5",
        ),
        CSV_CUSTOMERS: csv.write(tmp_path / "people.csv", "email,name", "ana@example.com,Ana", "bea@example.com,Bea"),
        CSV_CONSENTS: csv.write(
            tmp_path / "consents.csv", "email,granted,at", "ana@example.com,yes,2026-01-05",
            "bea@example.com,yes,2026-01-05",
        ),
    }  # fmt: skip
    for map, path in files.items():
        csv.run(story.shop, path, map)
    story.settle()
    with for_shop(story.id):
        ana = resolve(shop=story.id, email="ana@example.com")
    assert ana is not None
    before = sums(story)
    assert before["orders"] == 2
    erased(story, ana)
    assert hits(story) == []
    with for_shop(story.id) as cursor:
        cursor.execute("DELETE FROM events_key")  # as after 30 days: the log itself would take them again
    for map, path in files.items():
        csv.run(story.shop, path, map)
    story.settle()
    assert hits(story) == []
    assert sums(story) == before | {"completed": sums(story)["completed"]}
    assert column(story, "SELECT email FROM customers_customer") == ["bea@example.com"]
    assert column(story, "SELECT count(*) FROM customers_consent") == [1]


CSV_CUSTOMERS = """
kind = "customers"
[columns]
email = "email"
name = "name"
"""
CSV_CONSENTS = """
kind = "consents"
[columns]
email = "email"
granted = "granted"
time = "at"
[constants]
channel = "email"
[proof]
i_have_proof = true
source = "Formulario de la tienda"
wording = "Quiero recibir novedades por correo"
time = "2026-01-05"
"""


def test_an_old_order_that_comes_late_counts_without_the_person(story: Story) -> None:
    ana = a_full_life(story)
    report = erased(story, ana)
    before = sums(story)
    story.pass_time(hours=1)
    say(
        story, "Order Completed", story.clock.now() - timedelta(days=400), historical=True,
        order_id="0990", total="100.00", currency="MXN", coupon="ANA10", notes="Calle Ana 1", products=[CAMERA],
        email="ana@example.com",
    )  # fmt: skip
    story.settle()
    assert hits(story) == []
    more = {"orders": 1, "total": 10_000, "units": 1, "completed": 1}
    assert sums(story) == {name: before[name] + more.get(name, 0) for name in before}
    assert column(story, "SELECT customer_id FROM commerce_order WHERE order_id = '0990'") == [
        report["remains_id"]
    ]
    assert column(story, "SELECT count(*) FROM customers_customer WHERE user_id = 'ana'") == [0]


def test_a_new_order_begins_anew_and_old_consents_do_not_hold(story: Story) -> None:
    ana = a_full_life(story)
    erased(story, ana)
    story.pass_time(hours=1)
    traits = {"email": "ana@example.com", "firstName": "Ana", "consents": {"email": {"marketing": True}}}
    track(
        story.shop, "Order Completed", user_id="ana", email="ana@example.com", at=story.clock.now(),
        properties={"order_id": "5001", "total": "20.00", "currency": "MXN", "products": [CAMERA]},
    )  # fmt: skip
    identify(story.shop, "ana", at=story.clock.now() + timedelta(minutes=1), traits=traits)
    identify(story.shop, "ana", at=story.clock.now() - timedelta(days=1), traits=traits | {"city": "Puebla"})
    story.settle()
    with for_shop(story.id):
        again = resolve(shop=story.id, user_id="ana")
    assert again is not None
    assert again != ana
    assert column(story, f"SELECT order_id FROM commerce_order WHERE customer_id = {again}") == ["5001"]
    assert column(story, f"SELECT name FROM customers_trait WHERE customer_id = {again}") == [
        "email",
        "first_name",
    ]
    assert column(story, "SELECT count(*) FROM customers_consent_change") == [0]
    story.pass_time(hours=1)
    say(story, "Consent Granted", story.clock.now(), channel="email", purpose="marketing")
    story.settle()
    assert column(story, f"SELECT is_granted FROM customers_consent WHERE customer_id = {again}") == [True]


def test_news_of_an_old_order_reach_the_order_and_not_the_person(story: Story) -> None:
    ana = a_full_life(story)
    report = erased(story, ana)
    before = sums(story)
    story.pass_time(hours=1)
    news: dict[str, Any] = {
        "order_id": "1001",
        "total": "1499.00",
        "currency": "MXN",
        "email": "ana@example.com",
        "status": "delivered",
    }
    for hours in (0, 1):  # before the person is back, and afterwards
        story.pass_time(hours=hours)
        say(story, "Shipment Updated", story.clock.now(), tracking_url="https://t.example.com/ana", **news)
        say(story, "Order Completed", story.clock.now(), **news)  # sent again by the store: no new order
        story.settle()
        assert column(story, "SELECT count(*) FROM customers_customer WHERE user_id = 'ana'") == [hours]
        assert sums(story)["total"] == before["total"] + hours * 2_000
        assert [row for row in under(story, report["remains_id"]) if ANA.search(row)] == []
        if not hours:
            say(story, "Order Completed", story.clock.now(), order_id="5001", total="20.00", currency="MXN")
    say(
        story,
        "Order Refunded",
        story.clock.now(),
        order_id="1001",
        refund_id="r1",
        total="99.00",
        note="for Ana",
    )
    story.settle()
    assert column(story, "SELECT sum(refunded_minor) FROM commerce_order WHERE order_id = '1001'") == [9_900]
    assert [row for row in under(story, report["remains_id"]) if ANA.search(row)] == []
    again = erased(
        story, CustomerId(column(story, "SELECT id FROM customers_customer WHERE user_id = 'ana'")[0])
    )
    assert again["verification"]["is_clean"]
    assert hits(story) == []
    assert again["id"] != report["id"]


def test_whoever_shares_a_contact_goes_on_without_it(story: Story) -> None:
    ana = a_full_life(story)
    story.customer("bea")
    erased(story, ana)
    story.pass_time(hours=1)
    track(story.shop, "Product Viewed", user_id="bea", email="ana@example.com", at=story.clock.now(),
          properties={"email": "ana@example.com", "product_id": "p"})  # fmt: skip
    story.settle()
    assert hits(story) == []
    assert column(
        story, "SELECT properties::text FROM events_event WHERE name = 'Product Viewed' AND user_id = 'bea'"
    ) == ['{"product_id": "p"}']


def test_a_visitor_at_the_same_device_is_somebody_new(story: Story) -> None:
    ana = a_full_life(story)
    erased(story, ana)
    story.pass_time(hours=1)
    track(story.shop, "Product Viewed", anonymous_id="anonymous-of-ana", at=story.clock.now())
    track(
        story.shop,
        "Product Viewed",
        anonymous_id="anonymous-of-ana",
        at=story.clock.now() - timedelta(days=2),
    )
    story.settle()
    assert column(story, "SELECT count(*) FROM events_event WHERE anonymous_id = 'anonymous-of-ana'") == [1]


def test_all_profiles_of_the_person_go_at_once(story: Story) -> None:
    story.customer("ana")
    track(story.shop, "Product Viewed", anonymous_id="anonymous-of-ana", at=story.clock.now())
    story.settle()
    identify(story.shop, "ana", at=story.clock.now(), anonymous_id="anonymous-of-ana")
    story.settle()
    with for_shop(story.id):
        ana = resolve(shop=story.id, user_id="ana")
    assert ana is not None
    erased(story, ana)
    assert hits(story) == []
    assert column(story, "SELECT count(*) FROM events_event WHERE customer_id IS NOT NULL") == [0]


def test_one_person_has_one_request(story: Story) -> None:
    ana = a_full_life(story)
    first = erasing.request_erasure(shop=story.id, customer=ana, requested_by="api", now=story.clock.now())
    assert (
        erasing.request_erasure(shop=story.id, customer=ana, requested_by="cli", now=story.clock.now())
        == first
    )
    for _ in range(2):
        erasing.erase(shop=story.id, erasure=first, clock=story.clock)
    report = report_of(story, first)
    assert (
        erasing.request_erasure(shop=story.id, customer=ana, requested_by="cli", now=story.clock.now())
        == first
    )
    erasing.erase(shop=story.id, erasure=first, clock=story.clock)
    assert report_of(story, first) == report
    with pytest.raises(VuelveError, match="not_found"):
        erasing.request_erasure(
            shop=story.id, customer=CustomerId(10**9), requested_by="api", now=story.clock.now()
        )


def test_what_nobody_could_know_of_is_found_and_said(story: Story) -> None:
    ana = a_full_life(story)
    bea = story.customer("bea", motto="Ana@example.com told me", friend="anabel@example.com")
    report = erased(story, ana)
    tables = report["verification"]["tables"]
    assert not report["verification"]["is_clean"]
    found = {table: each["hits"] for table, each in tables.items() if each["hits"]}
    assert found["customers_trait"] == {"text_value": 1, "text_key": 1}
    assert set(found) == {"customers_trait", "customers_trait_change", "events_event"}
    assert column(story, "SELECT count(*) FROM customers_trait WHERE name = 'motto'") == [
        1
    ]  # somebody else's words
    assert "ana@" not in json.dumps(report["verification"])
    assert column(story, f"SELECT count(*) FROM customers_customer WHERE id = {bea}") == [1]


def test_bytes_and_lists_are_searched_too(story: Story) -> None:
    with for_shop(story.id) as cursor:
        kinds = {
            kind
            for table, columns, are_bytes in cursor.execute(SQL["text_columns"]).fetchall()
            if table == "events_webhook"
            for kind in zip(columns, are_bytes, strict=True)
        }
    assert {("body", True), ("people", False)} <= kinds


def test_a_store_that_asks_again_changes_nothing(story: Story) -> None:
    a_full_life(story)
    desk = StorePrivacyDesk()
    for _ in range(2):
        desk.request_erasure(
            shop=story.id,
            user_id="ana",
            email="Ana@example.com",
            phone=None,
            source="shopify",
            now=story.clock.now(),
        )
        jobs.run_pending()
    assert column(story, "SELECT requested_by FROM customers_erasure") == ["shopify"]
    assert hits(story) == []


def test_a_profile_that_is_about_to_move_away_is_waited_for(story: Story) -> None:
    ana = a_full_life(story)
    bea = story.customer("bea")
    before = sums(story)
    with for_shop(story.id):
        record(
            shop=story.id, name=CUSTOMERS_MERGED, customer=bea, key="away", now=story.clock.now(), source="customers",
            properties={"node_id": bea, "from_id": ana, "into_id": bea},
        )  # fmt: skip
    with pytest.raises(Retryable, match="move away"):
        erased(story, ana)
    assert sums(story)["total"] == before["total"]
    assert column(story, f"SELECT count(*) FROM customers_customer WHERE id = {ana}") == [1]
    story.settle()
    assert erased(story, ana)["verification"]["is_clean"]


def test_an_uploaded_list_that_names_the_person_goes_and_others_stay(story: Story) -> None:
    ana = a_full_life(story)
    texts = (b"email,name\nbea@example.com,Bea\n", b"x" * (CHUNK_BYTES - 5) + b"ANA@example.com,Ana\n")
    paths = [keep(story.id, [text]) for text in texts]
    for path in paths:
        store.create(
            shop=story.id, path=path, file_name="list.csv", found=Fingerprint(9, path.name, "utf-8", 0, False),
            by="owner@example.com", now=story.clock.now(), is_upload=True,
        )  # fmt: skip
    report = erased(story, ana)
    assert report["counts"]["files"] == 1
    assert [path.exists() for path in paths] == [True, False]
    assert column(story, "SELECT is_file_kept FROM events_import ORDER BY id") == [True, False]


def test_exported_tables_go_and_can_be_made_again(story: Story) -> None:
    ana = a_full_life(story)
    wanted: dict[str, Any] = {
        "table": "customers",
        "format": Format.CSV,
        "period": Period(None, None),
        "by": "owner@example.com",
    }
    before = request_export(shop=story.id, now=story.clock.now(), **wanted)
    jobs.run_pending()
    assert "ana@example.com" in path_of(before).read_text()
    assert erased(story, ana)["counts"]["files"] == 1
    assert not path_of(before).exists()
    after = request_export(shop=story.id, now=story.clock.now(), **wanted)
    jobs.run_pending()
    assert "ana@example.com" not in path_of(after).read_text()


def test_another_shop_keeps_its_customer(story: Story) -> None:
    other = quiet()
    a_full_life(other)
    ana = a_full_life(story)
    kept = dump(other)
    erased(story, ana)
    assert dump(other) == kept
    identify(other.shop, "ana", at=other.clock.now(), traits={"email": "ana@example.com", "plan": "pro"})
    other.settle()
    assert column(other, "SELECT text_value FROM customers_trait WHERE name = 'plan'") == ["pro"]


def test_a_part_that_leaves_a_row_undoes_all_of_it(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = a_full_life(story)
    before = sums(story)
    commerce = next(part for part in registry.privacy if part.name == "commerce")
    monkeypatch.setattr(registry, "privacy", [part for part in registry.privacy if part is not commerce])
    with pytest.raises(Exception, match="commerce_order"):
        erased(story, ana)
    assert sums(story)["total"] == before["total"]
    assert column(story, f"SELECT count(*) FROM customers_customer WHERE id = {ana}") == [1]
    monkeypatch.undo()
    assert erased(story, ana)["verification"]["is_clean"]


def test_the_copy_says_all_and_where_it_came_from(told: Story) -> None:
    ana = a_full_life(told)
    bea = told.customer("bea", firstName="Bea")
    request = disclosing.request_export(
        shop=told.id, customer=ana, requested_by="shopify", now=told.clock.now()
    )
    assert request == disclosing.request_export(
        shop=told.id, customer=ana, requested_by="api", now=told.clock.now()
    )
    copy = io.BytesIO()
    disclosing.export_zip(shop=told.id, customer=ana, by="owner@example.com", now=told.clock.now(), into=copy)
    with zipfile.ZipFile(copy) as archive:
        names = archive.namelist()
        document = json.loads(archive.read("data.json"))
        traits = archive.read("csv/customers-traits.csv").decode("utf-8-sig")
    assert document["customer_id"] == ana
    data = document["data"]
    assert set(data) == {part.name for part in registry.privacy}
    empty = {
        f"{part}.{section}"
        for part, sections in data.items()
        for section, rows in sections.items()
        if not rows
    }
    assert empty <= {"commerce.coupon_refusals", "customers.separations", "events.webhooks"}
    street = next(row for row in data["customers"]["traits"] if row["name"] == "address.street")
    assert (street["text_value"], street["source"]) == ("Calle Ana 1", "test")
    origin = next(row for row in data["events"]["events"] if row["message_id"] == street["message_id"])
    assert origin["kind"] == "identify"
    assert origin["properties"]["address"] == {"street": "Calle Ana 1"}
    assert data["customers"]["consent_decisions"][0]["message_id"] == street["message_id"]
    assert {row["order_id"] for row in data["commerce"]["orders"]} == {"1001", "1003"}
    assert "Ana" in data["channels"]["messages"][0]["snapshot"]["customer"]["first_name"]
    confirmed = next(row for row in data["channels"]["messages"] if row["template"] == "order_confirmed")
    assert "1001" in confirmed["text"]  # the words themselves
    assert "address.street" in traits
    assert "csv/channels-messages.csv" in names
    assert "bea" not in json.dumps(document)
    assert column(told, "SELECT downloaded_at IS NOT NULL FROM customers_disclosure") == [True]
    copy = io.BytesIO()
    disclosing.export_json(shop=told.id, customer=bea, by="api", now=told.clock.now(), into=copy)
    assert json.loads(copy.getvalue())["data"]["customers"]["profiles"][0]["user_id"] == "bea"
    with pytest.raises(VuelveError, match="not_found"):
        disclosing.export_json(
            shop=told.id, customer=CustomerId(10**9), by="api", now=told.clock.now(), into=copy
        )


def test_a_shop_that_has_gone_keeps_nobody(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    other = quiet()
    other.customer("bea")
    kept = dump(other)
    erased(story, a_full_life(story))
    story.customer("carla", firstName="Carla")
    story.order("carla", "3001")
    monkeypatch.setattr(limits, "ERASE_EVENTS_ROWS", 3)
    path = keep(story.id, [b"email\ncarla@example.com\n"])
    store.create(
        shop=story.id, path=path, file_name="list.csv", found=Fingerprint(9, path.name, "utf-8", 0, False), by="x",
        now=story.clock.now(), is_upload=True,
    )  # fmt: skip
    shop_erasing.run_shop_erasure(shop=int(story.id))
    assert not path.exists()
    tables = {table for part in registry.privacy for table in part.tables} - {"shops_auditentry"}
    assert [line for line in dump(story) if line.split()[0] in tables] == []
    assert not [line for line in dump(story) if re.search("carla", line, re.IGNORECASE)]
    assert dump(other) == kept


def test_bare_events_are_built_of_what_is_known_to_be_harmless() -> None:
    kept = bare(
        "Order Completed",
        '{"order_id": "1", "total": 3, "note": "x", "products": [{"sku": "s", "engraving": "Ana"}]}',
    )
    assert kept == '{"order_id": "1", "total": 3, "products": [{"sku": "s"}]}'
    assert bare("Order Completed", '{"total": 3}') is None
    assert bare("Product Viewed", '{"order_id": "1"}') is None
    assert bare("Order Completed", '{"order_id": {"email": "ana@example.com"}}') is None
    assert bare("Order Completed", "[1]") is None


# --- the story ----------------------------------------------------------------------------------------------------


def a_full_life(story: Story) -> CustomerId:
    """Something of Ana's in every table that can hold it."""
    track(story.shop, "Product Viewed", anonymous_id="anonymous-of-ana", at=story.clock.now())
    ana = story.customer(
        "ana", firstName="Ana", phone="+525512345678", address={"street": "Calle Ana 1"}, locale="es-MX"
    )
    identify(story.shop, "ana", at=story.clock.now(), anonymous_id="anonymous-of-ana")
    story.settle()
    upload(shop=story.id, name="Feria", ids=["ana"], by="owner@example.com", now=story.clock.now())
    story.order("ana", "1001", email="ana@example.com", notes="For Ana")
    for status in ("packed", "delivered"):
        story.pass_time(hours=1)
        story.ship("ana", "1001", status)
    story.pass_time(hours=72)
    say(story, "Order Completed", story.clock.now(), order_id="1002", total="10.00", currency="XXX?")
    say(story, "Order Completed", story.clock.now(), order_id="1003", total="10.00", currency="MXN",
        coupon="ANA", products=[CAMERA])  # fmt: skip
    say(story, "Order Updated", story.clock.now(), order_id="1003", total="10.00", currency="MXN", note="For Ana",
        products=[CAMERA])  # fmt: skip
    say(story, "Product Added", story.clock.now(), cart_id="of-ana", product_id="cam-1")
    say(
        story,
        "Payment Updated",
        story.clock.now(),
        order_id="1003",
        state="paid",
        method="card",
        amount="10.00",
    )
    say(story, "Order Refunded", story.clock.now(), order_id="1003", total="1.00")
    say(story, "Order Cancelled", story.clock.now(), order_id="1004", reason="Ana at Calle Ana moved")
    story.settle()
    suppress(
        shop=story.id, channel="email", address="ana@example.com", reason="bounced", now=story.clock.now()
    )
    shops.audit(
        shop=story.id,
        actor="staff",
        action="Note Made",
        target="ana@example.com",
        detail={"to": "ana@example.com"},
    )
    refused = Rejected(
        code="invalid_json", message="This is no JSON.", bytes=26, excerpt='{"email": "Ana@example.com'
    )
    keep_rejected(shop=story.id, source="api", rejects=[refused], now=story.clock.now())
    with for_shop(story.id) as cursor:
        cursor.execute(
            "INSERT INTO events_quarantine (shop_id, consumer, seq, message_id, error, quarantined_at) "
            "SELECT shop_id, 'journeys', seq, message_id, 'ana@example.com', now() FROM events_event WHERE user_id = 'ana' LIMIT 1"
        )
    return ana


def say(story: Story, name: str, at: datetime, *, historical: bool = False, **properties: Any) -> None:
    track(
        story.shop, name, user_id="ana", at=at, historical=historical, properties=properties,
        received_at=story.clock.now(),
    )  # fmt: skip


def erased(story: Story, customer: CustomerId) -> dict[str, Any]:
    request = erasing.request_erasure(
        shop=story.id, customer=customer, requested_by="owner@example.com", now=story.clock.now()
    )
    erasing.erase(shop=story.id, erasure=request, clock=story.clock)
    return report_of(story, request)


def report_of(story: Story, request: int) -> dict[str, Any]:
    with for_shop(story.id) as cursor:
        cursor.execute("SELECT * FROM customers_erasure WHERE id = %s", [request])
        row = fetch_dicts(cursor)[0]
    return row | {name: json.loads(row[name]) for name in ("counts", "verification")}


def column(story: Story, query: str) -> list[Any]:
    with for_shop(story.id) as cursor:
        return [
            row[0]
            for row in cursor.execute(query.replace("%%", "%") if "%s" not in query else query).fetchall()
        ]


def dump(story: Story, without: re.Pattern[str] | None = None) -> list[str]:
    """Every row of the shop, as text."""
    with for_shop(story.id) as cursor:
        tables = [
            row[0]
            for row in cursor.execute(
                "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'shop_id' "
                "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
            ).fetchall()
        ]
        rows = [
            f"{table} {row[0]}"
            for table in tables
            for row in cursor.execute(
                f"SELECT t::text FROM {table} t WHERE shop_id = %s ORDER BY 1", [story.id]
            ).fetchall()
        ]
    return [row for row in rows if without is None or not without.search(row)]


def under(story: Story, customer: int) -> list[str]:
    """Every row of one customer's id, as text."""
    with for_shop(story.id) as cursor:
        return [
            row[0]
            for table, column in verifying.id_columns(cursor)
            for row in cursor.execute(
                f"SELECT t::text FROM {table} t WHERE {column} = %s", [customer]
            ).fetchall()
        ]


def hits(story: Story) -> list[str]:
    return [row for row in dump(story) if ANA.search(row)]


def sums(story: Story) -> dict[str, int]:
    with for_shop(story.id) as cursor:
        count: Callable[[str], int] = lambda query: int(cursor.execute(query).fetchone()[0])  # type: ignore[index]  # noqa: E731
        return {
            "orders": count("SELECT count(*) FROM commerce_order"),
            "total": count("SELECT coalesce(sum(total_minor), 0) FROM commerce_order"),
            "units": count("SELECT coalesce(sum(quantity), 0) FROM commerce_item"),
            "shipments": count("SELECT count(*) FROM commerce_shipment"),
            "messages": count("SELECT count(*) FROM channels_message"),
            "runs": count("SELECT count(*) FROM journeys_run"),
            "completed": count(
                "SELECT count(*) FROM events_event WHERE name = 'Order Completed' AND properties->>'currency' = 'MXN'"
            ),
        }


def counts_of_journeys(story: Story) -> tuple[int, int, int]:
    with for_shop(story.id) as cursor:
        row = cursor.execute(
            "SELECT sum(moves) FILTER (WHERE outcome = 'entered'), "
            "sum(moves) FILTER (WHERE outcome IN ('exited', 'goal', 'finished')), "
            "(SELECT count(*) FROM journeys_run WHERE status = 0) FROM journeys_tally"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1] or 0), int(row[2])
