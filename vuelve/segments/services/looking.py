"""Looking at a condition before it is saved, and at why one customer is in or not."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.formats import number_format

from vuelve.customers.conditions import PROFILE_COLUMNS
from vuelve.customers.queries import canonical_id
from vuelve.events.contracts import Kind
from vuelve.events.queries import schema
from vuelve.platform.db import Cursor, for_shop
from vuelve.platform.extension import registry
from vuelve.platform.ids import CustomerId, ShopId
from vuelve.segments.bound import values
from vuelve.segments.compile import leaves_of_subjects
from vuelve.segments.contracts import Explained, Preview
from vuelve.segments.postgres import to_sql
from vuelve.segments.services.conditions import check_condition, check_promotions, open_subjects
from vuelve.segments.services.engines import engine_for
from vuelve.segments.tree import BRANCHES, Tree, canonical, leaves_of, parsed

SAMPLE_ROWS = 10


def preview(*, shop: ShopId, tree: Tree, now: datetime) -> Preview:
    """How many customers the tree is true for, and the newest of them. Raises VuelveError of the tree."""
    check_condition(shop=shop, tree=tree, path="tree")
    unread = check_promotions(shop=shop, tree=tree, path="tree")
    with engine_for(shop, [tree], now=now) as engine:
        found = engine.preview(shop, tree, now, SAMPLE_ROWS)
    new = unseen(shop=shop, tree=tree)
    # The lake knows every property's past, and what nothing has had has none.
    past = [each for each in unread if each not in new] if found.is_exact else []
    return replace(found, unread=tuple(past), unseen=tuple(new))


def unseen(*, shop: ShopId, tree: Tree) -> dict[str, str]:
    """The traits (`plan`) and event properties (`Order Completed: coupon`) that the tree names and nothing of the shop has
    had so far, with the path of the leaf that names each. Raises VuelveError of the tree.
    """
    check_condition(shop=shop, tree=tree, path="tree")
    asked: dict[tuple[int, str, str], str] = {}
    for leaf, path in leaves_of(tree, "tree"):
        if leaf["type"] == "trait":
            if leaf["name"] not in PROFILE_COLUMNS:
                asked[Kind.IDENTIFY, "identify", leaf["name"]] = path
            continue
        named = {leaf.get("property"), *(each["property"] for each in leaf.get("where", ()))}
        for one in registry.conditions[leaf["type"]].promotions(leaf, None):
            if one.property in named:  # not those that a kind reads by itself
                asked.setdefault((Kind.TRACK, one.event_name, one.property), path)
    with for_shop(shop) as cursor:
        new = schema.unseen(cursor, shop, asked)
    return {
        name if kind == Kind.IDENTIFY else f"{event}: {name}": path
        for (kind, event, name), path in asked.items()
        if (kind, event, name) in new
    }


def explain(*, shop: ShopId, tree: Tree, customer: CustomerId, now: datetime) -> Explained:
    """What every branch of the tree says of a customer, with what was found of him. In the active language."""
    check_condition(shop=shop, tree=tree, path="tree")
    leaves = list(dict.fromkeys(canonical(leaf) for leaf, _path in leaves_of(tree)))
    statement, names = _statement(tuple(leaves))
    with for_shop(shop) as cursor:
        customer = canonical_id(cursor, shop, customer)
        open_subjects(cursor)
        cursor.execute(
            "INSERT INTO pg_temp.subject (subject_id, customer_id) VALUES (%s, %s)", [customer, customer]
        )
        row = cursor.execute(statement, values(names, shop=shop, now=now), prepare=False).fetchone()
        assert row is not None
        count = len(leaves)
        found = {leaf: (row[1 + index], row[1 + count + index]) for index, leaf in enumerate(leaves)}
        return _explained(tree, "tree", found, _Facts(cursor, shop, customer))


class _Facts:
    """Whom it is about, for kinds that can say more than a figure."""

    def __init__(self, cursor: Cursor, shop: ShopId, customer: CustomerId) -> None:
        self.cursor, self.shop, self.customer = cursor, shop, customer

    def of(self, leaf: Mapping[str, Any], figure: Decimal | int) -> str:
        tell = getattr(registry.conditions[leaf["type"]], "found", None)
        if tell is not None:
            return str(tell(self.cursor, self.shop, self.customer, leaf, figure))
        return str(number_format(figure, use_l10n=True))


def _explained(
    node: Tree, path: str, found: Mapping[str, tuple[bool, Decimal | int]], facts: _Facts
) -> Explained:
    branch = next((name for name in BRANCHES if name in node), "")
    if not branch:
        holds, figure = found[canonical(node)]
        text = registry.conditions[node["type"]].describe(node)
        return Explained(path, "", text, holds, facts.of(node, figure))
    below = tuple(_explained(child, at, found, facts) for child, at in _children(node, branch, path))
    every = [each.holds for each in below]
    holds = {"all": all(every), "any": any(every), "not": not every[0]}[branch]
    return Explained(path, branch, "", holds, below=below)


def _children(node: Tree, branch: str, path: str) -> Iterator[tuple[Tree, str]]:
    if branch == "not":
        yield node["not"], f"{path}.not"
        return
    for index, child in enumerate(node[branch]):
        yield child, f"{path}.{branch}[{index}]"


@lru_cache(maxsize=200)
def _statement(leaves: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    return to_sql(leaves_of_subjects([parsed(leaf) for leaf in leaves], registry.conditions))
