"""A lake for one test: the log is one for all of them."""

from pathlib import Path

import pytest
from django.db import transaction

from vuelve.lake import catalogue
from vuelve.platform.db import raw_cursor


def lake_from_here(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """In a folder and a namespace of its own, as if all that is in the log had been flushed."""
    monkeypatch.setenv("VUELVE_LAKE_URL", folder.as_uri())
    monkeypatch.setattr(catalogue, "NAMESPACE", f"test_{folder.name}".replace("-", "_"))
    with transaction.atomic():
        cursor = raw_cursor()
        cursor.execute(
            "UPDATE lake_state SET failing_since = NULL, tried_at = NULL, flushed_at = NULL, error = ''"
        )
        cursor.execute("DELETE FROM lake_property")  # those of other tests leave no room for this one's
        # Not the newest row's position: a test may have written one that claims to come from a transaction far ahead.
        row = cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text").fetchone()
    assert row is not None
    with catalogue.events_table().transaction() as commit:
        commit.set_properties({catalogue.CURSOR: f"{row[0]}:0"})
