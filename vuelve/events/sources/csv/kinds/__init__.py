"""From rows to events: one module for each kind of file."""

from vuelve.events.sources.csv.contracts import Kind
from vuelve.events.sources.csv.kinds.orders import Orders
from vuelve.events.sources.csv.kinds.people import consent_unit, customer_unit
from vuelve.events.sources.csv.kinds.products import product_unit
from vuelve.events.sources.csv.kinds.rows import Assembler, Single
from vuelve.events.sources.csv.mapping import Plan


def assembler(plan: Plan) -> Assembler:
    match plan.map.kind:
        case Kind.ORDERS:
            return Orders(plan)
        case Kind.CUSTOMERS:
            return Single(plan, customer_unit)
        case Kind.PRODUCTS:
            return Single(plan, product_unit)
        case Kind.CONSENTS:
            return Single(plan, consent_unit)
