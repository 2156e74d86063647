"""The only writer of customers, identifiers, aliases, traits and consents."""

from vuelve.customers.services.consents import grant, unsubscribe
from vuelve.customers.services.identities import canonical, claim, open_moves, resolve

__all__ = ["canonical", "claim", "grant", "open_moves", "resolve", "unsubscribe"]
