"""How events look on a customer's timeline: the faces of this package's events, and what an unknown one looks like."""

from collections.abc import Mapping
from typing import Any, cast

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vuelve.customers.queries import TimelineEvent
from vuelve.customers.wording import channel_name, purpose_name
from vuelve.platform.extension import EventFace, registry
from vuelve.platform.ui.components import TimelineEntry, Tone

TEXT_CHARS_MAX = 160


def _consent(properties: Mapping[str, Any]) -> str:
    channel, purpose = str(properties.get("channel", "")), str(properties.get("purpose", ""))
    return " · ".join(part for part in (channel_name(channel), purpose_name(purpose)) if part)


def _page(properties: Mapping[str, Any]) -> str:
    return str(properties.get("title") or properties.get("url") or properties.get("path") or "")


def _product(properties: Mapping[str, Any]) -> str:
    return str(properties.get("name") or properties.get("product_id") or "")


def _move(properties: Mapping[str, Any]) -> str:
    if properties.get("into_id") == properties.get("node_id"):
        return _("Separated from another profile")
    return _("Joined with another profile")


FACES = {
    "identify": EventFace(gettext_lazy("Profile updated"), "user-circle"),
    "page": EventFace(gettext_lazy("Visited a page"), "globe-alt", text=_page),
    "Product Viewed": EventFace(gettext_lazy("Viewed a product"), "eye", text=_product),
    "Product Added": EventFace(gettext_lazy("Added a product to the cart"), "shopping-cart", text=_product),
    "Checkout Started": EventFace(gettext_lazy("Started the checkout"), "credit-card"),
    "Consent Granted": EventFace(gettext_lazy("Consent given"), "hand-thumb-up", "good", _consent),
    "Consent Revoked": EventFace(gettext_lazy("Consent withdrawn"), "hand-raised", "warn", _consent),
    "Customers Merged": EventFace(gettext_lazy("Identity changed"), "arrows-pointing-in", text=_move),
}


def entry_of(event: TimelineEvent, slug: str) -> TimelineEntry:
    """An event that no package knows is shown under its own name, with its plain properties."""
    face = registry.event_faces.get(event.name)
    if face is None:
        return TimelineEntry(event.occurred_at, event.name, _plain(event.properties), icon="bolt")
    text = face.text(event.properties) if face.text else ""
    if event.historical:
        text = " · ".join(part for part in (text, _("imported")) if part)
    return TimelineEntry(
        event.occurred_at,
        face.label,
        text[:TEXT_CHARS_MAX],
        icon=face.icon,
        tone=cast(Tone, face.tone),
        href=_address(face, event.properties, slug),
    )


def _address(face: EventFace, properties: Mapping[str, Any], slug: str) -> str:
    if face.page is None:
        return ""
    name, property_name = face.page
    number = str(properties.get(property_name, ""))
    return reverse(name, kwargs={"shop_slug": slug, property_name: number}) if number.isdecimal() else ""


def _plain(properties: Mapping[str, Any]) -> str:
    shown = [f"{name}: {value}" for name, value in properties.items() if isinstance(value, str | int | float)]
    return ", ".join(shown)[:TEXT_CHARS_MAX]
