"""A lake for one test: the log is one for all of them."""

from pathlib import Path

import pytest

from vuelve.lake import catalogue
from vuelve.platform.db import for_shops
from vuelve.shops.queries import all_shop_ids


def lake_from_here(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """In a folder and a namespace of its own, as if all that is in the log had been flushed."""
    monkeypatch.setenv("VUELVE_LAKE_URL", folder.as_uri())
    monkeypatch.setattr(catalogue, "NAMESPACE", f"test_{folder.name}".replace("-", "_"))
    with for_shops(all_shop_ids()) as cursor:
        row = cursor.execute(
            "SELECT xid, seq FROM events_event ORDER BY xid DESC, seq DESC LIMIT 1"
        ).fetchone()
        cursor.execute(
            "UPDATE lake_state SET failing_since = NULL, tried_at = NULL, flushed_at = NULL, error = ''"
        )
    xid, seq = row or (0, 0)
    with catalogue.events_table().transaction() as commit:
        commit.set_properties({catalogue.CURSOR: f"{xid}:{seq}"})
