"""From an identify call's JSON to typed traits. Whatever cannot be kept is left out and counted, never raised."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

import msgspec

from vuelve.customers.rules.phones import read_phone, stated_country
from vuelve.customers.rules.texts import clean_text, country_code, locale_tag, normal_email, text_key
from vuelve.platform import limits
from vuelve.platform.phones import phone_e164

# On which channel the customer wants to be written to and helped; `rules/consents.py` says what counts as which.
PREFERRED_CHANNEL = "preferred_channel"
# Segment's reserved traits may come in camelCase or snake_case; they are kept under one name.
_CANONICAL = {
    "firstName": "first_name",
    "lastName": "last_name",
    "createdAt": "created_at",
    "timezone": "time_zone",
    "timeZone": "time_zone",
    "postalCode": "postal_code",
    "preferredChannel": PREFERRED_CHANNEL,
}
# Traits that also fill the customer's columns.
PROFILE_TRAITS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "name",
    "locale",
    "country",
    "time_zone",
    "created_at",
)
# What the device said of itself beside an identify call; it fills a column that no trait fills.
CONTEXT_LOCALE = "context.locale"
CONTEXT_TIME_ZONE = "context.timezone"
_NUMBER_LIMIT = Decimal(10) ** 18  # numeric(24, 6)
_MILLIONTH = Decimal("0.000001")
_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?"
)


def _number(text: str) -> Decimal:
    """Past the range of a double it is zero or infinite: `1e-99999999999` would fill the memory when it is written out."""
    near = float(text)
    return Decimal(text) if near and isfinite(near) else Decimal(near)


_decoder = msgspec.json.Decoder(float_hook=_number)


@dataclass(frozen=True, slots=True)
class Trait:
    """One of the values is set, or none: the trait was taken away. A time keeps its text, too."""

    name: str
    text: str | None = None
    number: Decimal | None = None
    boolean: bool | None = None
    time: datetime | None = None
    normal: str | None = None  # of a phone: E.164

    @property
    def key(self) -> str | None:
        """How the text is compared."""
        return self.normal or (None if self.text is None else text_key(self.text))


@dataclass(slots=True)
class Identified:
    """What an identify call says of a customer."""

    traits: dict[str, Trait] = field(default_factory=dict)
    consents: list[tuple[str, str, bool]] = field(default_factory=list)  # channel, purpose, is granted
    phone: str | None = None  # E.164, if the trait is a valid number
    skipped: Counter[str] = field(default_factory=Counter)


def read_identify(traits: str, context: str | None, *, country: str) -> Identified:
    """`traits` and `context` as JSON; `country`, the shop's, says how to read a phone number without its
    prefix if the call does not say where the customer lives.
    """
    found = Identified()
    decoded = _decode(traits)
    if not isinstance(decoded, dict):
        found.skipped["unreadable"] += 1
        decoded = {}
    country = stated_country(decoded) or country
    for name, value in _flat(decoded, found):
        if len(found.traits) >= limits.TRAITS_PER_EVENT_MAX:
            found.skipped["too_many"] += 1
        elif len(name) > limits.TRAIT_NAME_CHARS_MAX or not name:
            found.skipped["name_too_long"] += 1
        elif name not in found.traits:
            trait = _trait(name, value, country, found.skipped)
            if trait is not None:
                found.traits[name] = trait
    if "country" not in found.traits and "address.country" in found.traits:
        written = found.traits["address.country"].text
        if written is not None:
            found.traits["country"] = Trait("country", text=country_code(written) or written)
    _read_context(context, found, country)
    phone = found.traits.get("phone")
    found.phone = phone.normal if phone else found.phone
    return found


def _decode(text: str) -> Any:
    try:
        return _decoder.decode(text)
    except (ValueError, RecursionError, OverflowError):
        pass
    try:
        # More lenient: half a surrogate pair spoils one text, not all.
        return json.loads(text, parse_float=_number, parse_constant=lambda _: None)
    except (ValueError, RecursionError, OverflowError):
        return None


def _flat(decoded: dict[str, Any], found: Identified) -> Iterator[tuple[str, Any]]:
    """Names as they are kept, and plain values. `address` is flattened by one level, `consents` taken out."""
    for raw_name, value in decoded.items():
        name = clean_text(raw_name, limits.TRAIT_NAME_CHARS_MAX + 1).strip()
        if name == "consents" and isinstance(value, dict):
            found.consents += _consents(value, found.skipped)
        elif name == "address" and isinstance(value, dict):
            for raw_part, inner in value.items():
                part = clean_text(raw_part, limits.TRAIT_NAME_CHARS_MAX + 1).strip()
                if isinstance(inner, (dict, list)):
                    found.skipped["nested"] += 1
                else:
                    yield f"address.{_CANONICAL.get(part, part)}", inner
        elif isinstance(value, (dict, list)):
            found.skipped["nested"] += 1
        else:
            yield _CANONICAL.get(name, name), value


def _consents(value: dict[str, Any], skipped: Counter[str]) -> Iterator[tuple[str, str, bool]]:
    for channel, purposes in value.items():
        if not isinstance(purposes, dict):
            skipped["consent_unknown"] += 1
            continue
        for purpose, is_granted in purposes.items():
            if isinstance(is_granted, bool):
                yield channel.strip().lower(), purpose.strip().lower(), is_granted
            else:
                skipped["consent_unknown"] += 1


def _trait(name: str, value: Any, country: str, skipped: Counter[str]) -> Trait | None:
    if value is None:
        return Trait(name)
    if isinstance(value, bool):
        return Trait(name, boolean=value)
    if isinstance(value, str):
        return _text_trait(name, value, country, skipped)
    number = Decimal(value)
    if not number.is_finite() or abs(number) >= _NUMBER_LIMIT:
        skipped["number_too_large"] += 1
        return None
    # A phone or a postal code that a store keeps as a number is a text all the same.
    if name in PROFILE_TRAITS or name == "address.postal_code":
        return _text_trait(name, f"{number:f}", country, skipped)
    return Trait(name, number=number.quantize(_MILLIONTH))


def _text_trait(name: str, value: str, country: str, skipped: Counter[str]) -> Trait:
    text = clean_text(value, limits.TRAIT_TEXT_CHARS_MAX)
    if len(value) > limits.TRAIT_TEXT_CHARS_MAX:
        skipped["text_cut"] += 1
    if name == "email":
        return Trait(name, text=normal_email(text) or text)
    if name == "phone":
        return Trait(name, text=text, normal=phone_e164(text, country))
    if name == "country":
        return Trait(name, text=country_code(text) or text)
    if name == "locale":
        return Trait(name, text=locale_tag(text) or text)
    return Trait(name, text=text, time=_time(text))


def _time(text: str) -> datetime | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # PostgreSQL holds other years, Python's datetime cannot read them all back.
    if not 1000 <= moment.year <= 9000:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_context(context: str | None, found: Identified, country: str) -> None:
    if not context or not any(name in context for name in ('"locale"', '"timezone"', '"phone"')):
        return
    decoded = _decode(context)
    if not isinstance(decoded, dict):
        return
    found.phone = read_phone("{}", context, country=country)
    locale, time_zone = decoded.get("locale"), decoded.get("timezone")
    if isinstance(locale, str) and (tag := locale_tag(clean_text(locale, 40))):
        found.traits[CONTEXT_LOCALE] = Trait(CONTEXT_LOCALE, text=tag)
    if isinstance(time_zone, str) and (zone := clean_text(time_zone, 60).strip()):
        found.traits[CONTEXT_TIME_ZONE] = Trait(CONTEXT_TIME_ZONE, text=zone)
