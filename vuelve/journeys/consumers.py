"""What journeys do with events: begin runs, and end them by goal or exit. All set-based, in the batch's transaction."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy

from vuelve.customers.contracts import CUSTOMERS_MERGED
from vuelve.customers.services import open_moves
from vuelve.journeys import moves, rules, versions
from vuelve.journeys.contracts import (
    ENTERED,
    ENTRY_STEP,
    EXITED,
    NOT_ENTERED,
    Ending,
    Graph,
    PublishedVersion,
    ReentryKind,
    RunStatus,
    Tree,
)
from vuelve.journeys.models import Status, Version
from vuelve.journeys.moves import Tally
from vuelve.platform import limits
from vuelve.platform.db import Statements
from vuelve.platform.extension import EventBatch, Text
from vuelve.platform.ids import ShopId
from vuelve.segments import services as segments
from vuelve.segments.tree import canonical

SQL = Statements(__file__)


# An entry key is part of a unique index, and an id is what it holds.
KEY_CHARS_MAX = limits.IDENTITY_CHARS_MAX


@dataclass(frozen=True, slots=True)
class _Watch:
    """Versions of one journey that one ending applies to in the same way."""

    shop: ShopId
    journey_id: int
    versions: tuple[int, ...]
    ending: Ending
    status: RunStatus
    matching: str  # '', entry_key or data
    data_path: tuple[str, ...]


class JourneysConsumer:
    name: ClassVar[str] = "journeys"
    label: ClassVar[Text] = gettext_lazy("Journeys")
    is_identity: ClassVar[bool] = False
    after: ClassVar[tuple[str, ...]] = ("identity", "commerce")  # conditions look at orders

    def names(self) -> frozenset[str]:
        """Read anew for each batch: an event that comes after a journey was published is never passed over."""
        entering, running = _in_force()
        names = {CUSTOMERS_MERGED}
        for version in running:
            names |= rules.event_names(version.graph, entering=version.id in entering)
        return frozenset(names)

    def consume(self, batch: EventBatch) -> None:
        # Fixed order: runs are where their customer is now, then entries, then what ends runs, those new ones included.
        batch.cursor.execute(SQL["drop_without_effect"])
        present, has_moves = _present(batch)
        # A batch of another shard may be writing runs of a customer who is moved here: who moves runs waits for all
        # who write them, and so misses none.
        lock = "pg_advisory_xact_lock" if has_moves else "pg_advisory_xact_lock_shared"
        batch.cursor.execute(f"SELECT {lock}(hashtext('journeys_merge'))")
        moves.ensure_months(batch.cursor, batch.now)
        tally = Tally()
        if has_moves:
            _move(batch, tally)
        entering, running = _in_force()
        segments.open_subjects(batch.cursor)
        for version in running:
            if version.id in entering and (version.shop, version.graph.entry.event) in present:
                _enter(batch, version, tally)
        if watches := _watches(running, present):
            _end(batch, watches, tally)
        tally.write(batch.cursor)


def _in_force() -> tuple[set[int], list[PublishedVersion]]:
    """The versions that customers enter, and all that may have runs; graphs come from memory."""
    rows = Version.objects.filter(journey__status__in=[Status.LIVE, Status.PAUSED]).values_list(
        "pk", "journey__live_version_id", "journey__status"
    )
    entering: set[int] = set()
    ids: list[int] = []
    for version_id, live_id, status in rows.order_by("pk"):
        ids.append(version_id)
        if version_id == live_id and status == Status.LIVE:
            entering.add(version_id)
    known = versions.published(ids)
    return entering, [known[version_id] for version_id in ids]


def _present(batch: EventBatch) -> tuple[set[tuple[int, str]], bool]:
    """(shop, event name) of what journeys may react to, which history is not; and whether customers were moved."""
    rows = batch.cursor.execute(
        "SELECT shop_id, name, bool_and(historical) FROM pg_temp.event_batch "
        "WHERE customer_id IS NOT NULL GROUP BY shop_id, name"
    ).fetchall()
    return {(shop, name) for shop, name, is_history in rows if not is_history}, any(
        name == CUSTOMERS_MERGED for _shop, name, _is_history in rows
    )


def _enter(batch: EventBatch, version: PublishedVersion, tally: Tally) -> None:
    entry = version.graph.entry
    _match_events(batch, version.shop, entry.event, entry.conditions)
    row = batch.cursor.execute(
        SQL["enter"],
        {
            "shop": version.shop,
            "journey": version.journey_id,
            "version": version.id,
            "event": entry.event,
            "reentry": entry.reentry.kind.value,
            "property": entry.reentry.property,
            "kept": _kept_properties(version.graph),
            "first": version.graph.first,
            "now": batch.now,
            "conditional": entry.conditions is not None,
            "key_chars_max": KEY_CHARS_MAX,
        },
    ).fetchone()
    assert row is not None
    tally.add(version.shop, version.id, ENTRY_STEP, ENTERED, row[0])
    if entry.reentry.kind == ReentryKind.PER_PROPERTY:
        tally.add(version.shop, version.id, ENTRY_STEP, NOT_ENTERED, row[1])


def _end(batch: EventBatch, watches: list[_Watch], tally: Tally) -> None:
    cursor = batch.cursor
    cursor.execute(SQL["open_endings"])
    cursor.execute("SELECT vuelve_clear('pg_temp.run_ending')")
    for watch in watches:
        _match_events(batch, watch.shop, watch.ending.event, watch.ending.conditions)
        cursor.execute(
            SQL["find_endings"],
            {
                "shop": watch.shop,
                "journey": watch.journey_id,
                "versions": list(watch.versions),
                "event": watch.ending.event,
                "status": watch.status,
                "conditional": watch.ending.conditions is not None,
                "matching": watch.matching,
                "property": watch.ending.match or "",
                "data_path": list(watch.data_path),
                "key_chars_max": KEY_CHARS_MAX,
            },
        )
    for shop, version_id, step, outcome, count in cursor.execute(
        SQL["end_runs"], {"now": batch.now}
    ).fetchall():
        tally.add(ShopId(shop), version_id, step, outcome, count)


def _move(batch: EventBatch, tally: Tally) -> None:
    """Runs go with the node that began them; of two that come under one entry key the older stays.

    When a merge is undone they go back, those that it ended as ended.
    """
    cursor = batch.cursor
    if not open_moves(cursor):
        return
    for shop, version_id, step, count in cursor.execute(SQL["end_moved"], {"now": batch.now}).fetchall():
        tally.add(ShopId(shop), version_id, step, EXITED, count)
    cursor.execute(SQL["move_runs"])


def _match_events(batch: EventBatch, shop: ShopId, event: str, tree: Tree | None) -> None:
    """Leave in pg_temp.subject_matched the events (by seq) for which the tree is true; nothing without a tree."""
    if tree is None:
        return
    segments.open_subjects(batch.cursor)
    batch.cursor.execute(SQL["event_subjects"], {"shop": shop, "event": event})
    segments.compile_condition(shop=shop, tree=tree).match(batch.cursor, shop=shop, now=batch.now)


def _kept_properties(graph: Graph) -> list[str]:
    """Properties of the entry event that endings compare with; kept with the run, since the log is long."""
    return sorted(
        {
            ending.match
            for ending in rules.endings(graph)
            if ending.match and not ending.match_data and not rules.matches_entry_key(graph, ending)
        }
    )


def _watches(running: list[PublishedVersion], present: set[tuple[int, str]]) -> list[_Watch]:
    """The endings that a batch may touch; one that is the same in several versions of a journey is looked for once."""
    found: dict[tuple[Any, ...], _Watch] = {}
    for version in running:
        for status, ending in _endings(version.graph):
            if (version.shop, ending.event) not in present:
                continue
            matching, path = _matching(version.graph, ending)
            key = (version.journey_id, status, canonical(rules.ending_as_json(ending)), matching, path)
            same = found.get(key)
            ids = (*same.versions, version.id) if same else (version.id,)
            found[key] = _Watch(version.shop, version.journey_id, ids, ending, status, matching, path)
    return list(found.values())


def _endings(graph: Graph) -> list[tuple[RunStatus, Ending]]:
    goal = [] if graph.goal is None else [(RunStatus.GOAL, graph.goal)]
    return goal + [(RunStatus.EXITED, exit_) for exit_ in graph.exits]


def _matching(graph: Graph, ending: Ending) -> tuple[str, tuple[str, ...]]:
    if ending.match is None:
        return "", ()
    if ending.match_data is not None:
        return "data", tuple(ending.match_data.split("."))
    if rules.matches_entry_key(graph, ending):
        return "entry_key", ()
    return "data", ("trigger", ending.match)
