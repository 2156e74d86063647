"""Every extension that is plugged in, by name. Adding one is one line here."""

from vuelve.channels.panels import MessagesPanel
from vuelve.commerce.conditions import (
    OrderedCondition,
    OrdersCondition,
    SpentCondition,
    TriggerOrderCondition,
)
from vuelve.commerce.panels import OrdersPanel
from vuelve.commerce.search import OrderSearch
from vuelve.customers.conditions import TraitCondition
from vuelve.customers.panels import NewCustomersPanel
from vuelve.customers.search import CustomerSearch
from vuelve.events.conditions import EventCondition, TriggerCondition
from vuelve.platform.extension import Registry, registry
from vuelve.shops.panels import OVERVIEW


def wire(into: Registry = registry) -> None:
    """Fill the registry; called once, when all packages are loaded."""
    conditions = (
        TraitCondition(),
        EventCondition(),
        TriggerCondition(),
        OrdersCondition(),
        SpentCondition(),
        OrderedCondition(),
        TriggerOrderCondition(),
    )
    into.conditions |= {kind.key: kind for kind in conditions}
    into.nav += [OVERVIEW]
    into.overview_panels += [OrdersPanel(), NewCustomersPanel(), MessagesPanel()]
    into.searches += [CustomerSearch(), OrderSearch()]
