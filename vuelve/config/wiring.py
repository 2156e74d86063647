"""Every extension that is plugged in, by name. Adding one is one line here."""

from vuelve.channels import exports as channels_exports
from vuelve.channels import privacy as channels_privacy
from vuelve.channels import timeline as channels_timeline
from vuelve.channels.conditions import MessageCondition, ReachableCondition
from vuelve.channels.customer_page import CustomerMessagesPanel
from vuelve.channels.gates import AddressGate, ConsentGate, OfferGate, QuietHoursGate, SuppressionGate
from vuelve.channels.lake import LAKE as CHANNELS_LAKE
from vuelve.channels.liquid import EventObject, ShopObject
from vuelve.channels.panels import MESSAGES as MESSAGE_FIGURES
from vuelve.channels.panels import MessagesPanel
from vuelve.channels.problems import MessageProblems
from vuelve.channels.providers.mailbox.client import MailboxProvider
from vuelve.channels.providers.smtp.client import SmtpProvider
from vuelve.channels.retention import MessagesRetention
from vuelve.channels.steps import SendStep
from vuelve.channels.urls import NAVIGATION as MESSAGES
from vuelve.commerce import exports as commerce_exports
from vuelve.commerce import privacy as commerce_privacy
from vuelve.commerce import timeline as commerce_timeline
from vuelve.commerce.conditions import (
    CartCondition,
    OrderedCondition,
    OrdersCondition,
    SpentCondition,
    TriggerOrderCondition,
)
from vuelve.commerce.conditions_parcels import AverageOrderCondition, ParcelCondition
from vuelve.commerce.consumers import ORDER_COMPLETED, CommerceConsumer
from vuelve.commerce.customer_page import CustomerOrdersPanel, OrdersColumn, SpentColumn
from vuelve.commerce.holdings import OrdersHeld, ProductsHeld
from vuelve.commerce.lake import LAKE as COMMERCE_LAKE
from vuelve.commerce.liquid import CartObject, OrderObject
from vuelve.commerce.outcomes import VOCABULARY as COMMERCE_VOCABULARY
from vuelve.commerce.outcomes import CommerceOutcomes
from vuelve.commerce.panels import ORDERS as ORDER_FIGURES
from vuelve.commerce.panels import REPEATS, OrdersPanel
from vuelve.commerce.search import OrderSearch
from vuelve.commerce.steps import IssueCouponStep
from vuelve.commerce.ticks import CartsTick
from vuelve.commerce.urls import NAVIGATION as ORDERS
from vuelve.customers import exports as customers_exports
from vuelve.customers import privacy as customers_privacy
from vuelve.customers import timeline as customers_timeline
from vuelve.customers.conditions import BucketCondition, ConsentCondition, TraitCondition
from vuelve.customers.consumers import IdentityConsumer
from vuelve.customers.contracts import CONSENT_GRANTED
from vuelve.customers.holdings import CustomersHeld
from vuelve.customers.lake import LAKE as CUSTOMERS_LAKE
from vuelve.customers.liquid import CustomerObject
from vuelve.customers.names import VOCABULARY as CUSTOMERS_VOCABULARY
from vuelve.customers.names import Names
from vuelve.customers.panels import NEW_CUSTOMERS, NewCustomersPanel
from vuelve.customers.queries import count_known
from vuelve.customers.retention import CustomersRetention, RetentionTick, VisitorsRetention
from vuelve.customers.search import CustomerSearch
from vuelve.customers.services import erasing, shop_erasing  # noqa: F401 - they declare jobs
from vuelve.customers.services.desk import StorePrivacyDesk
from vuelve.customers.ticks import ErasuresTick
from vuelve.customers.urls import NAVIGATION as CUSTOMERS
from vuelve.customers.urls import PRIVACY
from vuelve.events import exports as events_exports
from vuelve.events import jobs  # noqa: F401 - it declares jobs
from vuelve.events import privacy as events_privacy
from vuelve.events.conditions import EventCondition, TriggerCondition
from vuelve.events.conditions_values import EventTimeCondition, EventValueCondition, SequenceCondition
from vuelve.events.consumers import SchemaConsumer, SchemaTick
from vuelve.events.problems import EventProblems
from vuelve.events.retention import EventsRetention, RefusedRetention
from vuelve.events.sources import backfills, connecting  # noqa: F401 - they declare jobs
from vuelve.events.sources.csv import jobs as _csv_jobs  # noqa: F401 - they declare jobs
from vuelve.events.sources.csv.privacy import UploadedFiles
from vuelve.events.sources.csv.uploading import OldUploadsTick
from vuelve.events.sources.csv.urls import TAB as IMPORTS
from vuelve.events.sources.reconciling import StoresTick
from vuelve.events.sources.shopify.source import ShopifySource
from vuelve.events.sources.urls import STORES
from vuelve.events.urls_pages import TABS as EVENT_TABS
from vuelve.journeys import exports as journeys_exports
from vuelve.journeys import privacy as journeys_privacy
from vuelve.journeys.conditions import JourneyCondition
from vuelve.journeys.consumers import JourneysConsumer
from vuelve.journeys.customer_page import CustomerRunsPanel
from vuelve.journeys.lake import LAKE as JOURNEYS_LAKE
from vuelve.journeys.origins import JourneyOrigins, JourneySegments
from vuelve.journeys.problems import JourneyProblems
from vuelve.journeys.steps import Exit, Split, Wait
from vuelve.journeys.ticks import JourneysTick
from vuelve.journeys.urls import NAVIGATION as JOURNEYS
from vuelve.lake.privacy import LakeFiles
from vuelve.lake.problems import LakeProblems
from vuelve.lake.ticks import LakeTick
from vuelve.loyalty import exports as loyalty_exports
from vuelve.loyalty import jobs as _loyalty_jobs  # noqa: F401 - it declares jobs
from vuelve.loyalty import privacy as loyalty_privacy
from vuelve.loyalty import timeline as loyalty_timeline
from vuelve.loyalty.conditions import PointsCondition
from vuelve.loyalty.consumers import LoyaltyConsumer
from vuelve.loyalty.contracts import EVENTS as POINTS_EVENTS
from vuelve.loyalty.invariants import AccountsAddUp, TransfersAddUp
from vuelve.loyalty.lake import LAKE as LOYALTY_LAKE
from vuelve.loyalty.liquid import LoyaltyObject
from vuelve.loyalty.panels import CustomerPointsPanel
from vuelve.loyalty.problems import PointProblems
from vuelve.loyalty.steps import AwardPointsStep
from vuelve.loyalty.ticks import ExpiryTick, LoyaltyTick
from vuelve.loyalty.urls import NAVIGATION as LOYALTY
from vuelve.platform.extension import ConditionKind, LiquidObject, Registry, StepKind, registry
from vuelve.sandbox import services as _sandbox_jobs  # noqa: F401 - it declares jobs
from vuelve.segments import exports as segments_exports
from vuelve.segments import privacy as segments_privacy
from vuelve.segments import services as _segment_jobs  # noqa: F401 - they declare jobs
from vuelve.segments import timeline as segments_timeline
from vuelve.segments.conditions import SegmentCondition
from vuelve.segments.consumers import SegmentsConsumer
from vuelve.segments.contracts import EVENTS as SEGMENT_EVENTS
from vuelve.segments.lake import LAKE as SEGMENTS_LAKE
from vuelve.segments.panels import CustomerSegmentsPanel
from vuelve.segments.ticks import SegmentsTick
from vuelve.segments.urls import NAVIGATION as SEGMENTS
from vuelve.shops import exports as shops_exports
from vuelve.shops.exporting.privacy import ExportedFiles
from vuelve.shops.exporting.services import OldExportsTick
from vuelve.shops.exporting.urls import TAB as EXPORTS
from vuelve.shops.figures import FiguresTick
from vuelve.shops.invariants import InvariantsTick
from vuelve.shops.panels import DATA, OVERVIEW, SETTINGS
from vuelve.shops.privacy import ShopsPrivacy
from vuelve.shops.problems import KeyProblems

OWN_EVENTS = {
    "Cart Abandoned",
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

# Whoever can forge one of these makes the shop e-mail anyone, says yes in another's name, or rewrites the catalogue.
GUARDED_EVENTS = {
    "Consent Granted",
    "Consent Revoked",
    "Order Cancelled",
    "Order Completed",
    "Order Refunded",
    "Order Updated",
    "Payment Updated",
    "Product Deleted",
    "Product Updated",
    "Shipment Updated",
}


PRIVACY_MODULES = (
    events_privacy,
    customers_privacy,
    commerce_privacy,
    segments_privacy,
    channels_privacy,
    journeys_privacy,
    loyalty_privacy,
)

EXPORTING = (
    customers_exports,
    commerce_exports,
    segments_exports,
    channels_exports,
    journeys_exports,
    loyalty_exports,
    events_exports,
    shops_exports,
)


def wire(into: Registry = registry) -> None:
    """Fill the registry; called once, when all packages are loaded."""
    into.consumers += [
        IdentityConsumer(),
        CommerceConsumer(),
        JourneysConsumer(),
        LoyaltyConsumer(),
        SegmentsConsumer(),
        SchemaConsumer(),
    ]
    into.own_events |= OWN_EVENTS | POINTS_EVENTS | SEGMENT_EVENTS
    into.guarded_events |= GUARDED_EVENTS
    conditions: tuple[ConditionKind, ...] = (
        TraitCondition(),
        EventCondition(),
        TriggerCondition(),
        OrdersCondition(),
        SpentCondition(),
        OrderedCondition(),
        TriggerOrderCondition(),
        CartCondition(),
        EventValueCondition(),
        SequenceCondition(),
        EventTimeCondition(),
        AverageOrderCondition(),
        ParcelCondition(),
        MessageCondition(),
        JourneyCondition(),
        PointsCondition(),
        ConsentCondition(),
        ReachableCondition(),
        SegmentCondition(),
        BucketCondition(),
    )
    into.conditions |= {kind.key: kind for kind in conditions}
    steps: tuple[StepKind, ...] = (Wait(), Split(), SendStep(), IssueCouponStep(), AwardPointsStep(), Exit())
    into.steps |= {step.key: step for step in steps}
    objects: tuple[LiquidObject, ...] = (
        CustomerObject(),
        OrderObject(),
        CartObject(),
        LoyaltyObject(),
        EventObject(),
        ShopObject(),
    )
    into.liquid |= {one.name: one for one in objects}
    into.providers |= {provider.name: provider for provider in (MailboxProvider(), SmtpProvider())}
    into.gates += [ConsentGate(), SuppressionGate(), AddressGate(), QuietHoursGate(), OfferGate()]
    into.ticks += [JourneysTick(), CartsTick(), RetentionTick(), ErasuresTick(), StoresTick(), SchemaTick()]
    into.ticks += [
        OldUploadsTick(),
        OldExportsTick(),
        LoyaltyTick(),
        ExpiryTick(),
        InvariantsTick(),
        FiguresTick(),
        SegmentsTick(),
        LakeTick(),
    ]
    into.invariants += [AccountsAddUp(), TransfersAddUp()]
    into.privacy += [
        ShopsPrivacy(),
        events_privacy.EventsPrivacy(),
        customers_privacy.CustomersPrivacy(),
        commerce_privacy.CommercePrivacy(),
        segments_privacy.SegmentsPrivacy(),
        channels_privacy.ChannelsPrivacy(),
        journeys_privacy.JourneysPrivacy(),
        loyalty_privacy.LoyaltyPrivacy(),
    ]
    for module in PRIVACY_MODULES:
        into.personal_rows |= module.ROWS
    into.bare_events |= commerce_privacy.BARE_EVENTS
    into.retention += [
        EventsRetention(),
        RefusedRetention(),
        MessagesRetention(),
        VisitorsRetention(),
        CustomersRetention(),
    ]
    into.personal_files += [UploadedFiles(), ExportedFiles(), LakeFiles()]
    into.left_behind = commerce_privacy.OrdersLeft()
    into.reopening_events |= {ORDER_COMPLETED, CONSENT_GRANTED}
    into.holdings |= {held.kind: held for held in (OrdersHeld(), CustomersHeld(), ProductsHeld())}
    into.privacy_desk = StorePrivacyDesk()
    into.sources |= {source.name: source for source in (ShopifySource(),)}
    into.count_known_customers = count_known
    for package in EXPORTING:
        into.exports += package.EXPORTS
        into.not_exported |= package.NOT_EXPORTED
    into.lake += [
        *CUSTOMERS_LAKE,
        *COMMERCE_LAKE,
        *SEGMENTS_LAKE,
        *CHANNELS_LAKE,
        *JOURNEYS_LAKE,
        *LOYALTY_LAKE,
    ]
    _wire_pages(into)


def _wire_pages(into: Registry) -> None:
    into.nav += [OVERVIEW, CUSTOMERS, ORDERS, SEGMENTS, JOURNEYS, MESSAGES, LOYALTY]
    into.data_tabs += [PRIVACY]
    into.data_tabs += EVENT_TABS
    into.data_tabs += [STORES, IMPORTS, EXPORTS]
    into.nav += [DATA] if into.data_tabs else []
    into.nav += [SETTINGS]
    into.problems += [
        EventProblems(),
        MessageProblems(),
        JourneyProblems(),
        PointProblems(),
        KeyProblems(),
        LakeProblems(),
    ]
    into.daily_figures += [ORDER_FIGURES, REPEATS, NEW_CUSTOMERS, MESSAGE_FIGURES]
    into.overview_panels += [OrdersPanel(), NewCustomersPanel(), MessagesPanel()]
    into.customer_panels += [CustomerOrdersPanel(), CustomerMessagesPanel(), CustomerRunsPanel()]
    into.customer_panels += [CustomerPointsPanel(), CustomerSegmentsPanel()]
    into.customer_columns += [OrdersColumn(), SpentColumn()]
    into.event_faces |= customers_timeline.FACES | commerce_timeline.FACES | channels_timeline.FACES
    into.event_faces |= loyalty_timeline.FACES | segments_timeline.FACES
    into.message_origins = JourneyOrigins()
    into.segment_users.append(JourneySegments())
    into.event_outcomes += [CommerceOutcomes()]
    into.event_vocabulary |= COMMERCE_VOCABULARY | CUSTOMERS_VOCABULARY
    into.customer_names = Names()
    into.searches += [CustomerSearch(), OrderSearch()]
