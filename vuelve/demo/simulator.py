"""Everything in the demo that the retailer's data does not say is made up here, and only here.

People: names, e-mail addresses (at a domain that is reserved for examples, so that nobody can be written to), countries,
languages, time zones, consent. No phone numbers: outside North America there are none that surely belong to nobody.
Deliveries: parcels, their milestones, and how a carrier's webhooks really arrive: some late and out of order, some twice.

Each household and each order has a random generator of its own, seeded by its id: the same in every run, on every
machine, whatever subset is asked for.
"""

import random
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from vuelve.demo.names import FIRST_NAMES, LAST_NAMES

SEED = "vuelve demo 1"
EMAIL_DOMAIN = "example.com"
TRACKING_URL = "https://tracking.example.com"
# Between two milestones of a parcel; longer than a step of the replay, so that each has a step of its own.
SHORTEST_MINUTES = 80

SHARE_WITHOUT_EMAIL = 0.03
SHARE_SUBSCRIBED = 0.80
SHARE_LEAVING = 0.03  # of those subscribed: revoke their consent during the live weeks
SHARE_SPLIT = 0.04  # of orders: sent as two parcels
SHARE_LATE = 0.04  # of webhooks: arrive after a later one
SHARE_REPEATED = 0.03  # of webhooks: delivered twice by the carrier, with the same id
SHARE_RESENT = 0.02  # of webhooks: the same news again under another id


@dataclass(frozen=True, slots=True)
class Market:
    """A country the demo shop sells to. Transit times are days from hand-over to the door."""

    country: str
    weight: int
    locale: str
    time_zones: tuple[str, ...]
    carriers: tuple[str, ...]
    transit_days: tuple[int, int]


# Transit to Brazil takes 10 to 15 days: across the border and through customs.
MARKETS = (
    Market(
        "MX",
        42,
        "es-MX",
        ("America/Mexico_City",) * 6 + ("America/Tijuana", "America/Cancun", "America/Hermosillo"),
        ("Paquetería Norte", "Envíos Centro"),
        (2, 4),
    ),
    Market(
        "BR",
        20,
        "pt-BR",
        ("America/Sao_Paulo",) * 5 + ("America/Manaus", "America/Fortaleza"),
        ("Entregas Sul",),
        (10, 15),
    ),
    Market(
        "US",
        14,
        "en-US",
        ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
        ("Parcel West", "Parcel East"),
        (3, 6),
    ),
    Market("ES", 9, "es-ES", ("Europe/Madrid",) * 9 + ("Atlantic/Canary",), ("Mensajería Iberia",), (5, 9)),
    Market("CO", 8, "es-CO", ("America/Bogota",), ("Envíos Andes",), (4, 8)),
    Market("AR", 7, "es-AR", ("America/Argentina/Buenos_Aires",), ("Correo del Plata",), (5, 9)),
)


@dataclass(frozen=True, slots=True)
class Person:
    household: int
    first_name: str
    last_name: str
    email: str | None
    market: Market
    time_zone: str
    is_subscribed: bool  # to marketing by e-mail
    leaves_after: timedelta | None  # revokes that consent, counted from the first live instant


@dataclass(frozen=True, slots=True)
class ShipmentUpdate:
    """A carrier's webhook: what happened at `occurred_at`, told at `arrives_at`."""

    message_id: str
    order_id: str
    shipment_id: str
    status: str
    carrier: str
    tracking_url: str
    eta_date: date
    occurred_at: datetime
    arrives_at: datetime


@cache
def person(household: int) -> Person:
    """Who a household of the data is in the demo."""
    draw = random.Random(f"{SEED}:person:{household}")  # noqa: S311 - to be repeatable is the point
    market = draw.choices(MARKETS, weights=[market.weight for market in MARKETS])[0]
    language = market.locale[:2]
    first, last = draw.choice(FIRST_NAMES[language]), draw.choice(LAST_NAMES[language])
    time_zone = draw.choice(market.time_zones)
    email = f"{_ascii(first)}.{_ascii(last)}.{household}@{EMAIL_DOMAIN}"
    has_email = draw.random() >= SHARE_WITHOUT_EMAIL
    is_subscribed = draw.random() < SHARE_SUBSCRIBED and has_email
    leaves = draw.random() < SHARE_LEAVING and is_subscribed
    leaves_after = timedelta(minutes=draw.randrange(60, 27 * 24 * 60))
    return Person(
        household=household,
        first_name=first,
        last_name=last,
        email=email if has_email else None,
        market=market,
        time_zone=time_zone,
        is_subscribed=is_subscribed,
        leaves_after=leaves_after if leaves else None,
    )


def deliveries(*, order_id: str, ordered_at: datetime, buyer: Person) -> list[ShipmentUpdate]:
    """The webhooks of an order's parcels, by arrival."""
    draw = random.Random(f"{SEED}:delivery:{order_id}")  # noqa: S311 - as above
    parcels = 2 if draw.random() < SHARE_SPLIT else 1
    updates = [
        update
        for number in range(1, parcels + 1)
        for update in _parcel(draw, order_id=order_id, number=number, ordered_at=ordered_at, buyer=buyer)
    ]
    return sorted(updates, key=lambda update: (update.arrives_at, update.message_id))


def _parcel(
    draw: random.Random, *, order_id: str, number: int, ordered_at: datetime, buyer: Person
) -> list[ShipmentUpdate]:
    shipment_id = f"{order_id}-{number}"
    zone = ZoneInfo(buyer.time_zone)
    packed_at = ordered_at + timedelta(minutes=draw.randrange(SHORTEST_MINUTES, 20 * 60))
    in_transit_at = packed_at + timedelta(minutes=draw.randrange(SHORTEST_MINUTES, 14 * 60))
    shortest, longest = buyer.market.transit_days
    at_the_door = in_transit_at.astimezone(zone).date() + timedelta(days=draw.randint(shortest, longest))
    morning = datetime.combine(at_the_door, time(7), zone).astimezone(ordered_at.tzinfo)
    out_at = morning + timedelta(minutes=draw.randrange(0, 180))
    delivered_at = out_at + timedelta(minutes=draw.randrange(SHORTEST_MINUTES, 9 * 60))
    carrier = draw.choice(buyer.market.carriers)
    steps = [
        ("packed", packed_at),
        ("in_transit", in_transit_at),
        ("out_for_delivery", out_at),
        ("delivered", delivered_at),
    ]
    updates = []
    for position, (status, occurred_at) in enumerate(steps):
        arrives_at = occurred_at + timedelta(seconds=draw.randrange(2, 90))
        if draw.random() < SHARE_LATE and position + 1 < len(steps):
            arrives_at = steps[position + 1][1] + timedelta(minutes=draw.randrange(5, 120))
        told = ShipmentUpdate(
            message_id=f"shipment-{shipment_id}-{status}",
            order_id=order_id,
            shipment_id=shipment_id,
            status=status,
            carrier=carrier,
            tracking_url=f"{TRACKING_URL}/{shipment_id}",
            eta_date=at_the_door,
            occurred_at=occurred_at,
            arrives_at=arrives_at,
        )
        updates.append(told)
        again_at = arrives_at + timedelta(minutes=draw.randrange(1, 240))
        if draw.random() < SHARE_REPEATED:
            updates.append(replace(told, arrives_at=again_at))
        if draw.random() < SHARE_RESENT:
            updates.append(replace(told, message_id=f"{told.message_id}-again", arrives_at=again_at))
    return updates


def _ascii(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
