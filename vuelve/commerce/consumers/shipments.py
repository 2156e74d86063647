"""Parcels: what was said about each, where it is, and what is told of it."""

from vuelve.commerce.contracts import Milestone
from vuelve.commerce.services import SQL
from vuelve.platform.db import Cursor

_NAMES = {"names": [milestone.key for milestone in Milestone]}


def advance_shipments(cursor: Cursor) -> None:
    """Expects the keys of their orders held."""
    cursor.execute(SQL["keep_checkpoints"])
    cursor.execute(SQL["advance_shipments"])
    cursor.execute(SQL["stage_milestones"], _NAMES)
    cursor.execute(SQL["stage_problems"])
