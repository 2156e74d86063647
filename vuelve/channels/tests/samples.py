"""Templates, customers and messages for the tests of this package."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from vuelve.channels import services
from vuelve.channels.dispatch import Dispatcher
from vuelve.channels.providers.mailbox.client import MailboxProvider
from vuelve.platform.clock import Clock, VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.extension import Provider
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop

NOON = datetime(2026, 3, 10, 18, 0, tzinfo=UTC)  # 12:00 in Mexico City
NIGHT = datetime(2026, 3, 11, 5, 30, tzinfo=UTC)  # 23:30 there

_numbers = itertools.count(1)

MJML = """<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text>{body}</mj-text>
        <mj-button href="{{{{ unsubscribe_url }}}}">x</mj-button>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>"""


def contents(subject: str = "Hola", body: str = "Hola", text: str = "Hola") -> dict[str, dict[str, str]]:
    """The contents of a template in Spanish."""
    return {"es": {"subject": subject, "mjml": MJML.format(body=body), "text": text}}


def publish(
    shop: Shop,
    *,
    key: str = "thanks",
    purpose: str = "transactional",
    parts: Mapping[str, Mapping[str, str]] | None = None,
) -> int:
    """The id of a published version."""
    published = services.publish_template(
        shop=ShopId(shop.pk),
        key=key,
        name="Gracias",
        channel="email",
        purpose=purpose,
        contents=parts or contents(),
    )
    return published.version_id


def add_customer(
    shop: Shop,
    *,
    email: str | None = "",
    consents: Mapping[str, bool] | None = None,
    **columns: Any,
) -> int:
    """A customer with an address of their own, and what they agreed to by e-mail, e.g. {"marketing": True}."""
    number = next(_numbers)
    values = {
        "email": f"customer{number}@example.com" if email == "" else email,
        "created_at": NOON,
        "first_seen_at": NOON,
        "last_seen_at": NOON,
    } | columns
    with for_shop(ShopId(shop.pk)) as cursor:
        row = cursor.execute(
            f"INSERT INTO customers_customer (shop_id, {', '.join(values)}) "
            f"VALUES (%s{', %s' * len(values)}) RETURNING id",
            [shop.pk, *values.values()],
        ).fetchone()
        assert row is not None
        for purpose, is_granted in (consents or {}).items():
            consent(shop, row[0], purpose, is_granted=is_granted)
        return int(row[0])


def consent(shop: Shop, customer: int, purpose: str, *, is_granted: bool, channel: str = "email") -> None:
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "INSERT INTO customers_consent (shop_id, customer_id, channel, purpose, is_granted, decided_at, message_id, source) "
            "VALUES (%s, %s, %s, %s, %s, %s, 'test', 'test') ON CONFLICT (shop_id, customer_id, channel, purpose) "
            "DO UPDATE SET is_granted = excluded.is_granted",
            [shop.pk, customer, channel, purpose, is_granted, NOON],
        )


def queue(
    shop: Shop,
    customer: int,
    version: int,
    *,
    purpose: str = "transactional",
    data: Mapping[str, Any] | None = None,
    due_at: datetime = NOON,
    channel: str = "email",
    event: tuple[str, int] | None = None,
) -> int:
    """A queued message; its id."""
    with for_shop(ShopId(shop.pk)) as cursor:
        row = cursor.execute(
            "INSERT INTO channels_message (shop_id, customer_id, idempotency_key, channel, purpose, template_version_id, "
            "data, queued_at, due_at, event_xid, event_seq) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::bigint, %s) RETURNING id",
            [
                shop.pk,
                customer,
                f"test:{next(_numbers)}",
                channel,
                purpose,
                version,
                msgspec.json.encode(data or {}).decode(),
                due_at,
                due_at,
                *(event or (None, None)),
            ],
        ).fetchone()
        assert row is not None
        return int(row[0])


def message(shop: Shop, message_id: int) -> dict[str, Any]:
    """The row, its data decoded."""
    from vuelve.platform.db import fetch_dicts

    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute("SELECT * FROM channels_message WHERE id = %s", [message_id])
        [row] = fetch_dicts(cursor)
    return row | {"data": msgspec.json.decode(row["data"])}


def told(shop: Shop, name: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """The events that this package recorded: name and properties."""
    with for_shop(ShopId(shop.pk)) as cursor:
        cursor.execute(
            "SELECT name, properties::text FROM events_event WHERE source = 'channels' AND origin = 1 ORDER BY seq"
        )
        rows = [(row[0], msgspec.json.decode(row[1])) for row in cursor.fetchall()]
    return [row for row in rows if name in (None, row[0])]


def dispatch(now: datetime | Clock, provider: Provider | None = None) -> int:
    """Send all that is due, through the mailbox unless said otherwise."""
    clock = VirtualClock(now) if isinstance(now, datetime) else now
    dispatcher = Dispatcher(clock=clock, providers={"email": provider or MailboxProvider()})
    try:
        total = 0
        while claimed := dispatcher.claim():
            total += claimed
            while dispatcher.in_flight:
                dispatcher.land(0.1)
        return total
    finally:
        dispatcher.close()
