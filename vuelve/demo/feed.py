"""What the store's systems send to Vuelve: people, consent, orders and parcels as events for the log."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vuelve.demo.data import Household, Order
from vuelve.demo.schedule import Schedule
from vuelve.demo.simulator import Person, ShipmentUpdate, deliveries, person
from vuelve.events.contracts import Kind
from vuelve.events.services import open_staging, record_staged
from vuelve.platform.db import copy_rows, for_shop
from vuelve.platform.ids import ShopId

SOURCE = "demo"
CONSENT_GRANTED, CONSENT_REVOKED = CONSENT_EVENTS = ("Consent Granted", "Consent Revoked")
SIGN_UP_BEFORE_ORDER = timedelta(minutes=4)
WEBHOOK_DELAY = timedelta(seconds=2)

CONSENT_WORDING = {
    "es": "Quiero recibir ofertas y novedades por correo electrónico. Puedo darme de baja cuando quiera.",
    "pt": "Quero receber ofertas e novidades por e-mail. Posso cancelar quando quiser.",
    "en": "I want to receive offers and news by e-mail. I can unsubscribe at any time.",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One event as the store sends it: it happened at `occurred_at` and reaches us at `arrives_at`."""

    arrives_at: datetime
    occurred_at: datetime
    kind: Kind
    name: str
    message_id: str
    user_id: str
    email: str | None
    properties: str  # JSON


def append(shop: ShopId, events: Sequence[Sent], *, now: datetime, historical: bool) -> int:
    """Append events in one transaction; returns how many were new. Thousands at most: readers wait for it."""
    if not events:
        return 0
    with for_shop(shop) as cursor:
        open_staging(cursor)
        copy_rows(
            cursor,
            "event_staged (shop_id, kind, name, occurred_at, message_id, user_id, email, properties, historical)",
            (
                (
                    shop,
                    event.kind,
                    event.name,
                    event.occurred_at,
                    event.message_id,
                    event.user_id,
                    event.email,
                    event.properties,
                    historical,
                )
                for event in events
            ),
        )
        return record_staged(cursor, now=now, source=SOURCE, from_outside=True)


def sign_up(household: Household, schedule: Schedule) -> list[Sent]:
    """A customer's account, made just before the first order, and the consent given with it."""
    who = person(household.id)
    at = schedule.shifted(household.first_order_at) - SIGN_UP_BEFORE_ORDER
    traits: dict[str, Any] = {
        "firstName": who.first_name,
        "lastName": who.last_name,
        "address": {"country": who.market.country},
        "locale": who.market.locale,
        "timezone": who.time_zone,
    }
    if who.email:
        traits["email"] = who.email
    if household.age_range:
        traits["age_range"] = household.age_range
    if household.household_size:
        traits["household_size"] = household.household_size
    events = [_sent(at, Kind.IDENTIFY, "identify", f"identify-{household.id}", who, traits)]
    if who.is_subscribed:
        events.append(
            _sent(
                at + timedelta(seconds=1),
                Kind.TRACK,
                CONSENT_GRANTED,
                f"consent-{household.id}",
                who,
                {
                    "channel": "email",
                    "purpose": "marketing",
                    "wording": CONSENT_WORDING[who.market.locale[:2]],
                    "source": "checkout",
                },
            )
        )
    return events


def consent_revoked(household: Household, schedule: Schedule) -> list[Sent]:
    """Of the few who unsubscribe during the live weeks."""
    who = person(household.id)
    if who.leaves_after is None:
        return []
    at = max(schedule.live_from, schedule.shifted(household.first_order_at)) + who.leaves_after
    revoked = {"channel": "email", "purpose": "marketing", "source": "account page"}
    return [_sent(at, Kind.TRACK, CONSENT_REVOKED, f"revoke-{household.id}", who, revoked)]


def order_completed(order: Order, schedule: Schedule) -> Sent:
    at = schedule.shifted(order.ordered_at)
    return Sent(
        arrives_at=at + WEBHOOK_DELAY,
        occurred_at=at,
        kind=Kind.TRACK,
        name="Order Completed",
        message_id=f"order-{order.id}",
        user_id=_user_id(order.household),
        email=None,
        properties=order.properties,
    )


def shipment_updates(order: Order, schedule: Schedule) -> Iterator[Sent]:
    who = person(order.household)
    for update in deliveries(order_id=order.id, ordered_at=schedule.shifted(order.ordered_at), buyer=who):
        yield Sent(
            arrives_at=update.arrives_at,
            occurred_at=update.occurred_at,
            kind=Kind.TRACK,
            name="Shipment Updated",
            message_id=update.message_id,
            user_id=_user_id(order.household),
            email=None,
            properties=_shipment(update),
        )


def by_arrival(events: Iterable[Sent]) -> list[Sent]:
    return sorted(events, key=lambda event: (event.arrives_at, event.message_id))


def _sent(
    at: datetime, kind: Kind, name: str, message_id: str, who: Person, properties: dict[str, Any]
) -> Sent:
    return Sent(
        arrives_at=at + WEBHOOK_DELAY,
        occurred_at=at,
        kind=kind,
        name=name,
        message_id=message_id,
        user_id=_user_id(who.household),
        email=who.email if kind is Kind.IDENTIFY else None,
        properties=json.dumps(properties, ensure_ascii=False),
    )


def _shipment(update: ShipmentUpdate) -> str:
    return json.dumps(
        {
            "order_id": update.order_id,
            "shipment_id": update.shipment_id,
            "status": update.status,
            "carrier": update.carrier,
            "tracking_url": update.tracking_url,
            "eta_date": update.eta_date.isoformat(),
        },
        ensure_ascii=False,
    )


def _user_id(household: int) -> str:
    return f"household-{household}"
