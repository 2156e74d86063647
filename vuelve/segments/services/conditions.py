"""Check, prepare, compile and run condition trees."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path

from vuelve.events.services import promote
from vuelve.platform import limits
from vuelve.platform.db import Cursor, Statements, for_shop
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import Promotion, ValueType, registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.segments.bound import values
from vuelve.segments.compile import members_of, subjects_matching
from vuelve.segments.models import Segment
from vuelve.segments.postgres import to_sql
from vuelve.segments.tree import Tree, canonical, check_tree, describe_tree, leaves_of, segments_used

SQL = Statements(str(Path(__file__).parent))

COMPILED_KEPT_MAX = 2_000  # statements of a few KB each; compiling one takes tens of milliseconds


@dataclass(frozen=True)
class CompiledCondition:
    """A condition tree as SQL, good for every shop and instant: both are bound when it runs."""

    tree: Tree

    def match(self, cursor: Cursor, *, shop: ShopId, now: datetime) -> int:
        """Fill `pg_temp.subject_matched` with those of `pg_temp.subject` for whom the tree is true; returns how many.

        The caller has called `open_subjects` and filled `pg_temp.subject`; what was matched before is forgotten.
        """
        statement, names = self._match
        cursor.execute(SQL["before_match"])
        # Never as a prepared statement: the plan depends on how many subjects there are, and on the window.
        matched = cursor.execute(statement, values(names, shop=shop, now=now), prepare=False).rowcount
        cursor.execute("SET LOCAL cpu_tuple_cost TO DEFAULT")
        return matched

    def members(self, cursor: Cursor, *, shop: ShopId, now: datetime) -> list[CustomerId]:
        """Everyone of the shop for whom the tree is true, in no order. Nobody is looking at an event here."""
        statement, names = self._members
        rows = cursor.execute(statement, values(names, shop=shop, now=now), prepare=False)
        return [CustomerId(row[0]) for row in rows]

    def members_sql(self) -> str:
        """A SELECT of `customer_id`, to stand in a larger statement; `members_parameters` binds its placeholders."""
        return self._members[0]

    def members_parameters(self, *, shop: ShopId, now: datetime) -> dict[str, object]:
        return values(self._members[1], shop=shop, now=now)

    @cached_property
    def _match(self) -> tuple[str, frozenset[str]]:
        statement, names = to_sql(subjects_matching(self.tree, registry.conditions))
        return f"INSERT INTO pg_temp.subject_matched (subject_id)\n{statement}", names

    @cached_property
    def _members(self) -> tuple[str, frozenset[str]]:
        return to_sql(members_of(self.tree, registry.conditions))


def check_condition(*, shop: ShopId, tree: object, path: str) -> None:
    """Raise VuelveError, with the path of the field that is wrong, if the tree is not well formed or names no segment."""
    check_tree(tree, registry.conditions, path)
    assert isinstance(tree, Mapping)
    _check_segments(shop, tree, path)


def prepare_condition(*, shop: ShopId, tree: Tree, event_name: str | None, path: str = "conditions") -> None:
    """Have the event properties that the tree reads kept in typed columns, from the past as well.

    `event_name` is the event that will be looked at; None if there will be none. Call it when a version with the
    tree is published: a leaf on a property that was never promoted finds nothing.
    """
    check_condition(shop=shop, tree=tree, path=path)
    with for_shop(shop):  # all or nothing
        for leaf, at in leaves_of(tree, path):
            try:
                for promotion in registry.conditions[leaf["type"]].promotions(leaf, event_name):
                    _promote(shop, promotion)
            except VuelveError as error:
                error.field = at
                raise


def check_promotions(*, shop: ShopId, tree: Tree, path: str) -> list[str]:
    """The event properties that `prepare_condition` will have to read out of the past, as `event: property`.

    Raises VuelveError as that does, without any work: for an answer while somebody waits.
    """
    with for_shop(shop) as cursor:
        rows = cursor.execute(
            "SELECT event_name, property, value_type FROM events_promoted WHERE shop_id = %s", [shop]
        ).fetchall()
    known = {(row[0], row[1]): row[2] for row in rows}
    missing: dict[tuple[str, str], str] = {}
    for leaf, at in leaves_of(tree, path):
        try:
            wanted = registry.conditions[leaf["type"]].promotions(leaf, None)
        except VuelveError as error:
            error.field = at
            raise
        for one in wanted:
            key = (one.event_name, one.property)
            kept_as = known.get(key) or missing.get(key)
            if kept_as and one.value_type is not None and one.value_type != kept_as:
                raise VuelveError(
                    "promoted_type",
                    f"`{one.property}` of `{one.event_name}` is in use as {kept_as}, not {one.value_type}.",
                    field=at,
                    hint=f"Compare it as {kept_as}.",
                )
            if key not in known:
                missing[key] = one.value_type or ValueType.TEXT
    if len(known) + len(missing) > limits.PROMOTED_PROPERTIES_MAX:
        raise VuelveError(
            "promoted_limit",
            f"Conditions use {len(known)} event properties already.",
            field=path,
            hint="Remove conditions that are no longer needed.",
        )
    return [f"{event}: {name}" for event, name in missing]


def compile_condition(*, shop: ShopId, tree: Tree) -> CompiledCondition:
    """The tree, compiled; the same object for an equal tree as long as it is among the last COMPILED_KEPT_MAX."""
    try:
        key = canonical(tree)
    except (TypeError, ValueError, RecursionError):
        check_condition(shop=shop, tree=tree, path="conditions")
        raise
    return _compiled(key)


def describe(tree: Tree) -> str:
    """The tree for people, in the active language: one line a leaf."""
    return describe_tree(tree, registry.conditions)


def open_subjects(cursor: Cursor) -> None:
    """Make `pg_temp.subject (subject_id, customer_id, event_seq)` and `subject_matched`, if need be; empty them."""
    cursor.execute(SQL["open_subjects"])
    cursor.execute("SELECT vuelve_clear('pg_temp.subject', 'pg_temp.subject_matched')")


@lru_cache(maxsize=COMPILED_KEPT_MAX)
def _compiled(key: str) -> CompiledCondition:
    # Of the text and not of the object that was given: nobody can change it afterwards.
    tree = json.loads(key)
    check_tree(tree, registry.conditions, "conditions")
    return CompiledCondition(tree)


def _promote(shop: ShopId, promotion: Promotion) -> None:
    try:
        promote(
            shop=shop,
            event_name=promotion.event_name,
            property=promotion.property,
            value_type=promotion.value_type or ValueType.TEXT,
        )
    except VuelveError as error:
        # Kept as another type: that is good enough for a leaf that only asks whether there is a value.
        if promotion.value_type is not None or error.code != "promoted_type":
            raise


def _check_segments(shop: ShopId, tree: Tree, path: str) -> None:
    used = segments_used(tree)
    if not used:
        return
    with for_shop(shop):
        known = set(
            Segment.objects.filter(shop_id=shop, pk__in=used, archived_at=None).values_list("pk", flat=True)
        )
    for leaf, at in leaves_of(tree, path):
        if leaf["type"] == "segment" and leaf["segment"] not in known:
            raise VuelveError(
                "unknown_segment",
                "There is no such segment.",
                field=f"{at}.segment",
                hint="Use the number of a segment of this shop.",
            )
