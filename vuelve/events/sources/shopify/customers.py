"""Customers: who they are (identify), and what they agreed to (Consent Granted, Consent Revoked)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from vuelve.events.sources.shopify.history import is_history
from vuelve.events.sources.shopify.reading import (
    Payload,
    child,
    digest,
    email_of,
    id_of,
    number_of,
    phone_of,
    stamp,
    text,
    time_of,
    time_or_none,
    user_id,
    without_blanks,
)
from vuelve.platform.stores import Mapped, Reception, StoreEvent, StoreKind, StoreSeen

# What a marketing state means. `not_subscribed` with a time was a consent once; without, nobody has ever been asked.
_GRANTED = frozenset({"subscribed"})
_REVOKED = frozenset({"unsubscribed", "not_subscribed", "redacted"})


def customer(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """`customers/create`, `customers/update`."""
    updated = time_of(payload, "updated_at", "created_at")
    who = user_id(id_of(payload))
    seen = StoreSeen(
        kind=StoreKind.CUSTOMERS,
        object_id=who or "",
        at=updated,
        created_at=time_or_none(payload.get("created_at")),
    )
    events = [identify(payload, updated, {}, reception), *consent_events(payload, reception)]
    return Mapped(events=events, seen=[seen])


def customer_deleted(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """`customers/delete`: gone from the store, so the consents it held are gone; an erasure is asked for apart."""
    number = id_of(payload)
    at = reception.triggered_at or reception.received_at
    who = user_id(number)
    events = [
        StoreEvent(
            name="Consent Revoked",
            at=at,
            message_id=f"customer/{number}/deleted/{channel}",
            properties={
                "channel": channel,
                "purpose": "marketing",
                "source": "shopify",
                "wording": "The customer was deleted in Shopify.",
            },
            user_id=who,
        )
        for channel in ("email", "sms")
    ]
    seen = StoreSeen(kind=StoreKind.CUSTOMERS, object_id=who or "", at=at, is_gone=True)
    return Mapped(events=events, seen=[seen])


def email_consent(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """`customers_email_marketing_consent/update`."""
    return _consent_alone(payload, "customer_id", {"email": payload.get("email_address")}, reception)


def sms_consent(topic: str, payload: Payload, reception: Reception) -> Mapped:
    """`customers_marketing_consent/update`: the consent to text messages, whatever its name says."""
    return _consent_alone(payload, "id", {"phone": payload.get("phone")}, reception)


def _consent_alone(payload: Payload, id_field: str, address: dict[str, Any], reception: Reception) -> Mapped:
    whole = {**payload, **address, "id": id_of(payload, id_field)}
    return Mapped(events=list(consent_events(whole, reception)))


def person_events(payload: Payload, updated: datetime, reception: Reception) -> Iterator[StoreEvent]:
    """Who an order's or checkout's customer is, as far as that payload says."""
    person = child(payload, "customer")
    if not number_of(person.get("id")):
        return
    address = child(payload, "shipping_address") or child(payload, "billing_address")
    # The place where an order goes is only a guess at where somebody lives, so the customer's own address is first.
    guess = {
        "default_address": child(person, "default_address") or address,
        "locale": person.get("locale") or payload.get("customer_locale"),
    }
    at = time_or_none(person.get("updated_at")) or updated
    yield identify(person, at, guess, reception)
    yield from consent_events(person, reception)


def identify(person: Payload, at: datetime, more: dict[str, Any], reception: Reception) -> StoreEvent:
    number = id_of(person)
    address = child({**person, **more}, "default_address")
    traits = without_blanks(
        {
            "first_name": text(person.get("first_name")),
            "last_name": text(person.get("last_name")),
            "email": email_of(person.get("email")),
            "phone": phone_of(person.get("phone")),
            "country": text(address.get("country_code")).upper(),
            "province": text(address.get("province")),
            "city": text(address.get("city")),
            "postal_code": text(address.get("zip")),
            "locale": text(person.get("locale") or more.get("locale")),
            "created_at": _instant(person.get("created_at")),
            "shopify_tags": text(person.get("tags")),
        }
    )
    return StoreEvent(
        name="identify",
        is_identify=True,
        at=at,
        message_id=f"customer/{number}@{stamp(at)}/{digest(traits)}",
        properties=traits,
        user_id=user_id(number),
        email=traits.get("email"),
        phone=traits.get("phone"),
        historical=is_history(at, reception),
    )


def _instant(value: Any) -> str:
    """In UTC, as GraphQL writes it; webhooks write the store's zone."""
    moment = time_or_none(value)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def consent_events(person: Payload, reception: Reception) -> Iterator[StoreEvent]:
    number = id_of(person)
    for channel, field in (("email", "email_marketing_consent"), ("sms", "sms_marketing_consent")):
        consent = child(person, field)
        state = text(consent.get("state")).lower()
        decided = time_or_none(consent.get("consent_updated_at"))
        if state in _GRANTED:
            # Without a time it was there from the beginning (an import): anything said later counts more.
            decided = decided or time_or_none(person.get("created_at")) or reception.connected_at
        elif state not in _REVOKED or decided is None:
            continue
        collected = text(consent.get("consent_collected_from")).lower()
        yield StoreEvent(
            name="Consent Granted" if state in _GRANTED else "Consent Revoked",
            at=decided,
            message_id=f"customer/{number}/{channel}/{state}@{stamp(decided)}",
            properties=without_blanks(
                {
                    "channel": channel,
                    "purpose": "marketing",
                    "source": "shopify" if collected in ("", "shopify") else f"shopify ({collected})",
                    "wording": f"Shopify: {text(consent.get('opt_in_level')).lower() or state}",
                }
            ),
            user_id=user_id(number),
            email=email_of(person.get("email")),
            phone=phone_of(person.get("phone")),
            historical=is_history(decided, reception),
        )
