"""The only writer of programmes and of the ledger, which is written by the functions of `migrations/0002_ledger.sql`."""

from vuelve.loyalty.services.posting import adjust, award, give_back, redeem, reverse
from vuelve.loyalty.services.programmes import change_programme, open_programme

__all__ = ["adjust", "award", "change_programme", "give_back", "open_programme", "redeem", "reverse"]
