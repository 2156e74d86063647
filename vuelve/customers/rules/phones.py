"""The phone numbers that events name. Their one spelling: `platform/phones.py`."""

import json
from typing import Any

import msgspec

from vuelve.customers.rules.texts import country_code
from vuelve.platform.phones import PHONE_CHARS_MAX, phone_e164


def read_phone(properties: str, context: str | None, *, country: str) -> str | None:
    """The customer's number in an event that is no identify call: `phone` of the properties, of their `customer`, of the
    context's traits. A country beside it says how to read it, else `country`, the shop's. Not that of an address: a
    present is sent to somebody else.
    """
    said = _decode(properties)
    places = [said, said.get("customer")]
    if context and '"phone"' in context:
        places.append(_decode(context).get("traits"))
    for place in places:
        if isinstance(place, dict):
            found = _phone_in(place, country)
            if found is not None:
                return found
    return None


def stated_country(said: dict[str, Any]) -> str | None:
    """ISO 3166-1 of `country`, else of `address.country`, if it is one."""
    address = said.get("address")
    for text in (said.get("country"), address.get("country") if isinstance(address, dict) else None):
        if isinstance(text, str) and (code := country_code(text)):
            return code
    return None


def _phone_in(said: dict[str, Any], country: str) -> str | None:
    phone = said.get("phone")
    if isinstance(phone, int) and not isinstance(phone, bool) and abs(phone) < 10**PHONE_CHARS_MAX:
        phone = str(phone)
    return phone_e164(phone, stated_country(said) or country) if isinstance(phone, str) else None


def _decode(text: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}
