"""What states, problems and counts of stores are called, for people. The codes are those that are kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from vuelve.events.sources.contracts import BackfillState, StoreState
from vuelve.platform.extension import Text
from vuelve.platform.stores import StoreKind
from vuelve.platform.ui.components import Tone

STATES: Mapping[StoreState, tuple[Text, Tone]] = {
    StoreState.CHECKING: (_("Checking"), "info"),
    StoreState.CONNECTED: (_("Connected"), "good"),
    StoreState.REFUSED: (_("Needs attention"), "bad"),
    StoreState.UNINSTALLED: (_("App removed"), "warn"),
    StoreState.DISCONNECTED: (_("Disconnected"), ""),
}

BACKFILLS: Mapping[BackfillState, tuple[Text, Tone]] = {
    BackfillState.WAITING: (_("Waiting"), "info"),
    BackfillState.PREPARING: (_("The store prepares it"), "info"),
    BackfillState.READING: (_("Reading"), "info"),
    BackfillState.DONE: (_("Done"), "good"),
    BackfillState.FAILED: (_("Failed"), "bad"),
    BackfillState.STOPPED: (_("Stopped"), ""),
}

KINDS: Mapping[StoreKind, Text] = {
    StoreKind.ORDERS: _("Orders"),
    StoreKind.CUSTOMERS: _("Customers"),
    StoreKind.PRODUCTS: _("Products"),
}

OUTCOMES: Mapping[str, tuple[Text, Tone]] = {
    "taken": (_("Taken"), "good"),
    "skipped": (_("Not needed"), ""),
    "unknown": (_("Unknown topic"), ""),
    "failed": (_("Failed"), "bad"),
}

# Payment states as the store reports them.
FINANCIAL: Mapping[str, Text] = {
    "pending": _("Payment pending"),
    "authorized": _("Payment authorised"),
    "partially_paid": _("Partly paid"),
    "paid": _("Paid"),
    "partially_refunded": _("Partly refunded"),
    "refunded": _("Refunded"),
    "voided": _("Voided"),
}

_PROBLEMS: Mapping[str, Text] = {
    "store_refused": _("The store does not let the app in. See that it is installed over there, and that its ID and secret here are right."),
    "store_closed": _("The store is not there, is frozen, or is not connected any more. Check its address, and connect it again."),
    "store_scopes": _("The app may not read all of this. Add the missing permission to the app in your store, and install it again."),
    "store_busy": _("The store does not answer at present. It is tried again by itself."),
    "store_gave_up": _("The store could not finish the list it was asked for. What came is kept."),
    "file_expired": _("The store's list could not be fetched in time. Start it again."),
    "store_answer": _("The store answered in a way that was not understood."),
    "store_cut": _("The store's list ends in the middle. What came is kept; start it again."),
    "payload": _("A part of the message is missing or not as the store's documentation says."),
    "unforeseen": _("The message has a shape that was not foreseen. An update of Vuelve may know it."),
    "privacy_desk": _("Nobody takes privacy requests on this server."),
    "secret_unreadable": _("The stored secrets cannot be read with this server's key. Enter them again."),
}  # fmt: skip

# Of a form's fields.
ERRORS: Mapping[str, Text] = {
    "store_domain": _("This is no address of a Shopify store. It ends in .myshopify.com, also where your store has a domain of its own."),
    "store_token": _("This cannot be one. Copy it whole."),
    "store_secret": _("This cannot be a secret. Copy it whole."),
    "store_taken": _("This store is connected to another shop of this server. Disconnect it there first."),
    "stores_limit": _("A shop cannot have more stores."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    text: str
    detail: str  # in the words of whoever said it


def problem_of(kept: str) -> Problem | None:
    """What was kept by `contracts.problem`, in words."""
    if not kept:
        return None
    code, _separator, detail = kept.partition("|")
    text = _PROBLEMS.get(code)
    return Problem(str(text) if text else now("Something went wrong."), detail)
