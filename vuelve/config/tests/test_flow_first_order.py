"""A merchant's story, end to end: a first order, its delivery, an offer three days later, an opt-out."""

import re
from datetime import datetime

import pytest
from django.test import Client

from vuelve.channels.rendering import render_message
from vuelve.config.tests.story import MORNING, Story, begin
from vuelve.platform.db import for_shop
from vuelve.platform.ids import MessageId

M02 = "¿Quieres lentes o tripiés? Mira estas opciones — obtén 10% de descuento por tiempo limitado"


@pytest.fixture
def story(log: None) -> Story:
    return begin()


def test_from_the_first_order_to_the_next_one(story: Story) -> None:
    story.customer("ana", firstName="Ana", locale="es-MX")
    story.order("ana", "1001")
    assert sorted(story.told()) == [("order_confirmed", "delivered"), ("thank_you", "delivered")]

    for status in ("packed", "in_transit", "out_for_delivery", "delivered"):
        story.pass_time(hours=1)
        story.ship("ana", "1001", status)
    assert [template for template, _ in story.told()][2:] == [
        "order_packed",
        "order_in_transit",
        "order_out_for_delivery",
        "order_delivered",
    ]

    story.pass_time(hours=67)  # three days are 72 hours: the offer is not due yet
    assert "cross_sell" not in dict(story.told())
    story.pass_time(hours=1)
    assert story.told()[-1] == ("cross_sell", "delivered")
    offer = render_message(shop=story.id, message=MessageId(story.messages()[-1]["id"]))
    assert M02 in offer.html
    code, expires_at = coupon(story)
    assert code in offer.html
    assert 7 * 24 * 3600 <= (expires_at - story.clock.now()).total_seconds() < 8 * 24 * 3600

    story.order("ana", "1002", coupon=code)
    with for_shop(story.id) as cursor:
        used = cursor.execute("SELECT redeemed_order_id FROM commerce_coupon").fetchall()
        ended = cursor.execute("SELECT end_reason FROM journeys_run WHERE status = 2").fetchall()
    assert used == [("1002",)]
    assert len(ended) == 1  # the run of the offer reached its goal


def coupon(story: Story) -> tuple[str, datetime]:
    with for_shop(story.id) as cursor:
        rows = cursor.execute("SELECT code, expires_at FROM commerce_coupon").fetchall()
    assert len(rows) == 1
    return rows[0][0], rows[0][1]


def test_news_of_a_stage_already_passed_sends_nothing(story: Story) -> None:
    story.customer("bea")
    story.order("bea", "2001")
    story.ship("bea", "2001", "delivered")
    before = story.told()
    story.ship("bea", "2001", "packed")
    story.ship("bea", "2001", "delivered")
    assert story.told() == before
    assert ("order_packed", "delivered") not in before


def test_without_consent_only_what_the_order_needs_is_sent(story: Story) -> None:
    story.customer("carla", consents={})
    story.order("carla", "3001")
    assert sorted((m["template"], m["status"], m["reason"]) for m in story.messages()) == [
        ("order_confirmed", "delivered", None),
        ("thank_you", "withheld", "no_consent"),
    ]


def test_at_night_thanks_wait_for_the_morning_and_the_confirmation_does_not(log: None) -> None:
    story = begin(MORNING.replace(hour=5))  # 23:00 in Mexico City
    story.customer("dora", timezone="America/Mexico_City")
    story.order("dora", "4001")
    assert sorted(story.told()) == [("order_confirmed", "delivered"), ("thank_you", "queued")]
    story.pass_time(hours=9)  # 08:00
    assert sorted(story.told()) == [("order_confirmed", "delivered"), ("thank_you", "delivered")]


def test_an_opt_out_acts_at_once_and_spares_what_the_order_needs(story: Story) -> None:
    story.customer("eva")
    story.order("eva", "5001")
    thanks = next(m for m in story.messages() if m["template"] == "thank_you")
    html = render_message(shop=story.id, message=MessageId(thanks["id"])).html
    link = re.search(r'href="[^"]*(/u/[^"]+)"', html)
    assert link is not None
    path = link[1].replace("&amp;", "&")
    assert Client(HTTP_HOST="localhost").get(path).status_code == 200
    assert {m["status"] for m in story.messages()} == {"delivered"}  # to look is not to leave
    answer = Client(HTTP_HOST="localhost", enforce_csrf_checks=True).post(
        path, {"List-Unsubscribe": "One-Click"}
    )
    assert answer.status_code == 200
    story.order("eva", "5002")
    assert [(m["template"], m["status"], m["reason"]) for m in story.messages()[2:]] in (
        [("order_confirmed", "delivered", None), ("thank_you", "withheld", "no_consent")],
        [("thank_you", "withheld", "no_consent"), ("order_confirmed", "delivered", None)],
    )


def test_a_tampered_link_changes_nothing(story: Story) -> None:
    story.customer("flor")
    assert Client(HTTP_HOST="localhost").post("/u/somebody-elses:token").status_code == 404
    story.order("flor", "6001")
    assert ("thank_you", "delivered") in story.told()


def test_the_same_order_told_twice_is_one_order_and_one_message_of_each_kind(story: Story) -> None:
    story.customer("gala")
    story.order("gala", "7001")
    story.order("gala", "7001")  # with another message id
    assert len(story.told()) == 2


def test_imported_orders_send_nothing(story: Story) -> None:
    from vuelve.testing import track

    story.customer("hilda")
    track(
        story.shop,
        "Order Completed",
        user_id="hilda",
        properties={"order_id": "8001", "currency": "MXN", "total": 10},
        at=story.clock.now(),
        historical=True,
    )
    story.settle()
    with for_shop(story.id) as cursor:
        assert cursor.execute("SELECT order_id FROM commerce_order").fetchall() == [("8001",)]
        assert cursor.execute("SELECT count(*) FROM journeys_run").fetchone() == (0,)
    assert story.told() == []
