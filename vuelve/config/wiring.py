"""Every extension that is plugged in, by name. Adding one is one line here."""

from vuelve.channels.gates import AddressGate, ConsentGate, OfferGate, QuietHoursGate, SuppressionGate
from vuelve.channels.liquid import EventObject, ShopObject
from vuelve.channels.providers.mailbox.client import MailboxProvider
from vuelve.channels.providers.smtp.client import SmtpProvider
from vuelve.channels.steps import SendStep
from vuelve.commerce.conditions import (
    OrderedCondition,
    OrdersCondition,
    SpentCondition,
    TriggerOrderCondition,
)
from vuelve.commerce.consumers import CommerceConsumer
from vuelve.commerce.liquid import OrderObject
from vuelve.commerce.steps import IssueCouponStep
from vuelve.customers.conditions import TraitCondition
from vuelve.customers.consumers import IdentityConsumer
from vuelve.customers.liquid import CustomerObject
from vuelve.customers.services import erasing, shop_erasing  # noqa: F401 - they declare jobs
from vuelve.events import jobs  # noqa: F401 - it declares jobs
from vuelve.events.conditions import EventCondition, TriggerCondition
from vuelve.events.consumers import SchemaConsumer
from vuelve.events.sources import backfills, connecting  # noqa: F401 - they declare jobs
from vuelve.events.sources.csv import jobs as _csv_jobs  # noqa: F401 - they declare jobs
from vuelve.journeys.consumers import JourneysConsumer
from vuelve.journeys.steps import Exit, Split, Wait
from vuelve.platform.extension import ConditionKind, LiquidObject, Registry, StepKind, registry

OWN_EVENTS = {
    "Coupon Issued",
    "Coupon Redeemed",
    "Coupon Released",
    "Customers Merged",
    "Message Failed",
    "Message Sent",
    "Message Unsubscribed",
    "Message Withheld",
    "Order Delivered",
    "Order Milestone Reached",
    "Shipment Problem Reported",
    "Shipment Ready For Pickup",
}

# Whoever can forge one of these makes the shop e-mail anyone, or says yes in another's name.
GUARDED_EVENTS = {
    "Consent Granted",
    "Consent Revoked",
    "Order Cancelled",
    "Order Completed",
    "Order Refunded",
    "Order Updated",
    "Payment Updated",
    "Shipment Updated",
}


def wire(into: Registry = registry) -> None:
    """Fill the registry; called once, when all packages are loaded."""
    into.consumers += [IdentityConsumer(), CommerceConsumer(), JourneysConsumer(), SchemaConsumer()]
    into.own_events |= OWN_EVENTS
    into.guarded_events |= GUARDED_EVENTS
    conditions: tuple[ConditionKind, ...] = (
        TraitCondition(),
        EventCondition(),
        TriggerCondition(),
        OrdersCondition(),
        SpentCondition(),
        OrderedCondition(),
        TriggerOrderCondition(),
    )
    into.conditions |= {kind.key: kind for kind in conditions}
    steps: tuple[StepKind, ...] = (Wait(), Split(), SendStep(), IssueCouponStep(), Exit())
    into.steps |= {step.key: step for step in steps}
    objects: tuple[LiquidObject, ...] = (CustomerObject(), OrderObject(), EventObject(), ShopObject())
    into.liquid |= {one.name: one for one in objects}
    into.providers |= {provider.name: provider for provider in (MailboxProvider(), SmtpProvider())}
    into.gates += [ConsentGate(), SuppressionGate(), AddressGate(), QuietHoursGate(), OfferGate()]
