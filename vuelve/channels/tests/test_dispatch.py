"""The dispatcher with the mailbox: what becomes of messages, and what must not happen."""

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from vuelve.channels import claiming, snapshots
from vuelve.channels.dispatch import dispatch_once, providers_by_channel, run_forever
from vuelve.channels.providers.mailbox.client import MailboxProvider
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
from vuelve.channels.tests.scripted import Scripted
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.env import SettingError
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import MessageSubject, registry
from vuelve.platform.ids import MessageId, ShopId
from vuelve.shops.models import Shop
from vuelve.testing import make_shop, track


def test_a_message_is_rendered_kept_and_told(shop: Shop) -> None:
    version = publish(
        shop, parts=contents(subject="Hola de {{ shop.name }}", body="{{ shop.name }} <b>x</b>")
    )
    pk = queue(shop, add_customer(shop), version)
    dispatch(NOON)
    row = message(shop, pk)
    assert (row["status"], row["provider"], row["reason"], row["attempts"]) == (
        "delivered",
        "mailbox",
        None,
        1,
    )
    assert (row["sent_at"], row["finished_at"]) == (NOON, NOON)
    assert (row["subject"], row["locale"]) == ("Hola de Tienda de Prueba", "es-MX")
    assert row["data"]["shop"] == {"name": "Tienda de Prueba"}  # what the template names, and no more
    [(name, properties)] = told(shop)
    assert (name, properties["message_id"], properties["provider"]) == ("Message Sent", str(pk), "mailbox")


def test_the_preview_shows_what_was_sent_whatever_has_changed_since(shop: Shop) -> None:
    at = NOON - timedelta(hours=1)
    track(
        shop,
        "Order Completed",
        customer=1,
        properties={"order_id": "A1", "total": "1234.50", "currency": "MXN"},
        at=at,
    )
    with for_shop(ShopId(shop.pk)) as cursor:
        event = cursor.execute("SELECT xid, seq FROM events_event WHERE shop_id = %s", [shop.pk]).fetchone()
    assert event is not None
    body = "Pedido {{ event.order_id }}: {{ event.total | money_major: event.currency }} en {{ shop.name }}, {{ coupon.code }}"
    pk = queue(
        shop,
        add_customer(shop),
        publish(shop, parts=contents(body=body)),
        data={"coupon": {"code": "X7", "percent": 10}},
        event=event,
    )
    dispatch(NOON)
    row = message(shop, pk)
    assert row["data"]["event"] == {"order_id": "A1", "total": "1234.50", "currency": "MXN"}
    assert row["data"]["coupon"] == {"code": "X7", "percent": 10}
    Shop.objects.filter(pk=shop.pk).update(name="Otro nombre", currency="USD", time_zone="Asia/Tokyo")
    publish(shop, parts=contents(body="Otra cosa"))
    rendered = render_message(shop=ShopId(shop.pk), message=MessageId(pk))
    assert "Pedido A1: $1,234.50 en Tienda de Prueba, X7" in rendered.html
    with pytest.raises(VuelveError) as caught:
        render_message(shop=ShopId(make_shop().pk), message=MessageId(pk))
    assert caught.value.code == "not_found"


def test_one_that_cannot_be_rendered_fails_and_stops_nobody_else(shop: Shop) -> None:
    version = publish(shop, parts=contents(text="{{ 10 | divided_by: coupon.percent }}"))
    customer = add_customer(shop)
    good, bad, missing = (
        queue(shop, customer, version, data={"coupon": {"percent": 5}}),
        queue(shop, customer, version, data={"coupon": {"percent": 0}}),
        queue(shop, customer, 10**15),
    )
    other_shop = make_shop()
    other = queue(other_shop, add_customer(other_shop), publish(other_shop))
    strange = queue(
        shop, add_customer(shop, email="a@b\r\nBcc: c@d"), version, data={"coupon": {"percent": 5}}
    )
    fax = queue(shop, customer, version, channel="fax", data={"coupon": {"percent": 5}})
    dispatch(NOON)
    assert message(shop, good)["status"] == message(other_shop, other)["status"] == "delivered"
    assert message(shop, bad)["reason"].startswith("render_failed: divided_by: can't divide by 0")
    assert message(shop, missing)["reason"] == "render_failed: the template's version is gone"
    assert message(shop, strange)["reason"].startswith("render_failed: 'a@b")
    assert message(shop, fax)["status"] == "withheld"  # there is no address by fax
    for pk in (bad, missing, strange):
        row = message(shop, pk)
        assert (row["status"], row["sent_at"], row["finished_at"]) == ("failed", None, NOON)
    failed = [properties["message_id"] for name, properties in told(shop, "Message Failed")]
    assert sorted(failed) == sorted(map(str, (bad, missing, strange)))


def test_a_template_may_stop_a_message(shop: Shop) -> None:
    version = publish(
        shop, parts=contents(text="{% if coupon.code %}x{% else %}{% abort_message 'no coupon' %}{% endif %}")
    )
    customer = add_customer(shop)
    stopped, sent = (
        queue(shop, customer, version),
        queue(shop, customer, version, data={"coupon": {"code": "A"}}),
    )
    dispatch(NOON)
    assert (message(shop, stopped)["status"], message(shop, stopped)["reason"]) == (
        "withheld",
        "aborted: no coupon",
    )
    assert message(shop, sent)["status"] == "delivered"
    assert [properties["reason"] for _, properties in told(shop, "Message Withheld")] == [
        "aborted: no coupon"
    ]


class Breaking:
    """An object of another package, which fails as often as it is told to."""

    name: ClassVar[str] = "breaking"

    def __init__(self, statement: str = "SELECT 1 / 0") -> None:
        self.statement = statement
        self.fails = True

    def load(self, cursor: Cursor, shop: ShopId, subjects: Sequence[MessageSubject]) -> dict[MessageId, Any]:
        if self.fails:
            cursor.execute(self.statement)
        return {subject.message_id: {"word": "bien"} for subject in subjects}


@pytest.fixture
def breaking() -> Iterator[Breaking]:
    liquid_object = Breaking()
    registry.liquid["breaking"] = liquid_object
    yield liquid_object
    del registry.liquid["breaking"]


def test_an_object_that_fails_to_load_delays_only_its_own_messages(shop: Shop, breaking: Breaking) -> None:
    customer = add_customer(shop)
    pk = queue(shop, customer, publish(shop, parts=contents(body="{{ breaking.word }}")))
    other = queue(shop, customer, publish(shop, key="other"))
    dispatch(NOON)
    row = message(shop, pk)
    assert (row["status"], row["attempts"], row["due_at"]) == ("queued", 1, NOON + timedelta(seconds=30))
    assert "`breaking` could not be loaded" in row["reason"]
    assert message(shop, other)["status"] == "delivered"
    breaking.fails = False
    dispatch(NOON + timedelta(seconds=30))
    row = message(shop, pk)
    assert (row["status"], row["attempts"], row["reason"]) == ("delivered", 2, None)
    assert row["data"]["breaking"] == {"word": "bien"}


def test_a_nul_in_an_event_stops_nobody(shop: Shop) -> None:
    with for_shop(ShopId(shop.pk)) as cursor:
        from vuelve.events import services as events

        events.open_staging(cursor)
        cursor.execute(
            "INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, properties) VALUES (%s, 'X', %s, 'm', %s)",
            [shop.pk, NOON, '{"a\\u0000b": "c\\u0000d", "half": "\\ud83d"}'],
        )
        events.record_staged(cursor, now=NOON, source="test", from_outside=True)
        event = cursor.execute("SELECT xid, seq FROM events_event WHERE shop_id = %s", [shop.pk]).fetchone()
    version = publish(shop, parts=contents(text="{% for p in event %}{{ p[1] }}{% endfor %}"))
    pk, other = (
        queue(shop, add_customer(shop), version, event=event),
        queue(shop, add_customer(shop), version),
    )
    dispatch(NOON)
    assert message(shop, pk)["status"] == message(shop, other)["status"] == "delivered"


def test_a_message_that_our_own_code_cannot_handle_fails_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish(shop)
    pks = [queue(shop, add_customer(shop), version) for _ in range(3)]
    prepare = snapshots.prepare

    def faulty(cursor: Cursor, facts: Any, messages: Sequence[Any], versions: Any) -> Any:
        if any(each.id == pks[1] for each in messages):
            raise LookupError("a fault of ours")
        return prepare(cursor, facts, messages, versions)

    monkeypatch.setattr(claiming, "prepare", faulty)
    dispatch(NOON)
    assert [message(shop, pk)["status"] for pk in pks] == ["delivered", "failed", "delivered"]
    assert message(shop, pks[1])["reason"] == "internal_error: LookupError"


def test_a_month_that_the_log_has_no_place_for_yet_is_made(shop: Shop) -> None:
    later = NOON + timedelta(days=500)
    kept, sent = (queue(shop, add_customer(shop), publish(shop), due_at=later) for _ in range(2))
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "UPDATE channels_message SET due_at = %s WHERE id = %s", [later + timedelta(days=300), sent]
        )
    dispatch(later)
    dispatch(later + timedelta(days=300), Scripted())
    assert (message(shop, kept)["status"], message(shop, sent)["status"]) == ("delivered", "accepted")
    assert len(told(shop, "Message Sent")) == 2


# --- the process -------------------------------------------------------------------------------------------------


def test_run_forever_sends_what_comes_and_stops(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.providers, "mailbox", MailboxProvider())
    stop, clock = threading.Event(), VirtualClock(NOON)
    from django.db import connection

    def run() -> None:
        run_forever(clock=clock, stop=stop)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    pk = queue(shop, add_customer(shop), publish(shop))
    for _ in range(100):
        if message(shop, pk)["status"] == "delivered":
            break
        stop.wait(0.05)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert message(shop, pk)["status"] == "delivered"


def test_dispatch_once_uses_what_is_plugged_in(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.providers, "mailbox", MailboxProvider())
    pk = queue(shop, add_customer(shop), publish(shop))
    while dispatch_once(clock=VirtualClock(NOON)):
        pass
    assert message(shop, pk)["status"] == "delivered"
    assert dispatch_once(clock=VirtualClock(NOON)) == 0


@pytest.mark.parametrize(("name", "url"), [("nobody", ""), ("smtp", ""), ("smtp", "http://x")])
def test_settings_that_name_nobody_are_told_at_the_start(
    name: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vuelve.channels.providers.smtp.client import SmtpProvider

    monkeypatch.setitem(registry.providers, "smtp", SmtpProvider())
    monkeypatch.setenv("VUELVE_EMAIL_PROVIDER", name)
    monkeypatch.setenv("VUELVE_SMTP_URL", url)
    with pytest.raises(SettingError):
        providers_by_channel()
