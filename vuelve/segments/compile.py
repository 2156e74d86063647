"""From a condition tree to one Ibis expression: the only meaning of conditions in the product.

Fused: the leaves that read equal sources are FILTER aggregates of one grouped pass, limited to the subjects and to
the union of the leaves' names and windows; the passes are left-joined to the subjects, and the tree is plain boolean
algebra over their figures. Trees are well formed here (`tree.py` checks). What differs from one execution to the
next (shop, instant) stands in the expression as a function without a body, see `bound.py`.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import ibis
from ibis import _

from vuelve.customers.conditions import ALIAS, CUSTOMER
from vuelve.platform.extension import Aggregate, Grain, Source
from vuelve.segments.bound import the_instant, the_shop, the_start
from vuelve.segments.tree import Kinds, Tree, leaves_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

# What the caller asks about: a subject is a customer, and where there is one the event that is looked at.
SUBJECT = ibis.table(
    {"subject_id": "int64", "customer_id": "int64", "event_seq": "int64"}, name="subject", database="pg_temp"
)

# Given rows and their grain: those that belong to somebody who is asked about, and the column that says to whom.
Belonging = Callable[["ir.Table", Grain], tuple["ir.Table", str]]


def subjects_matching(tree: Tree, kinds: Kinds) -> "ir.Table":
    """`subject_id` of the rows of SUBJECT for which the tree is true; a customer may stand under any of their ids."""
    subjects = (
        SUBJECT.left_join(_aliases().view(), [("customer_id", "alias_id")])
        .select("subject_id", "event_seq", customer_id=ibis.coalesce(_["canonical_id"], _["customer_id"]))
        .view()
    )
    return _matching(tree, kinds, subjects, partial(_of_subjects, subjects)).select("subject_id")


def members_of(tree: Tree, kinds: Kinds) -> "ir.Table":
    """`customer_id` of the customers of the shop for whom the tree is true; ids that were merged away are none."""
    return _matching(tree, kinds, _everyone(), _of_everyone).select("customer_id")


def flags_of_subjects(trees: Sequence[Tree], kinds: Kinds) -> "ir.Table":
    """`customer_id` of SUBJECT's rows and a column `flag_<n>` per tree: all in one statement, each source read once.

    The subjects are customers by the id that counts; nobody looks at an event.
    """
    subjects = SUBJECT.select("customer_id").view()
    return _flags(trees, kinds, subjects, partial(_of_subjects, subjects))


def leaves_of_subjects(leaves: Sequence[Tree], kinds: Kinds) -> "ir.Table":
    """As `flags_of_subjects` of leaves, and with a column `figure_of_<n>` for what each found: 0 if nothing."""
    subjects = SUBJECT.select("customer_id").view()
    asked, truths = _judged(leaves, kinds, subjects, partial(_of_subjects, subjects))
    names = {key: name for key, (name, _aggregate) in _aggregates(leaves, kinds).items()}
    found = [ibis.coalesce(asked[names[_key(leaf)]], ibis.literal(0)) for leaf in leaves]
    return asked.select(
        "customer_id",
        **{f"flag_{index}": truth for index, truth in enumerate(truths)},
        **{f"figure_of_{index}": figure for index, figure in enumerate(found)},
    )


def flags_of_everyone(trees: Sequence[Tree], kinds: Kinds) -> "ir.Table":
    """As `flags_of_subjects`, of all customers of the shop that were not merged away."""
    return _flags(trees, kinds, _everyone(), _of_everyone)


def _flags(trees: Sequence[Tree], kinds: Kinds, asked: "ir.Table", belonging: Belonging) -> "ir.Table":
    asked, truths = _judged(trees, kinds, asked, belonging)
    return asked.select("customer_id", **{f"flag_{index}": truth for index, truth in enumerate(truths)})


def _everyone() -> "ir.Table":
    everyone = CUSTOMER.filter(CUSTOMER.shop_id == the_shop()).select(customer_id="id")
    return everyone.anti_join(_aliases().view(), [("customer_id", "alias_id")]).view()


@dataclass(slots=True)
class _Pass:
    """The leaves of one source: the name of each figure, and how it comes about."""

    source: Source
    leaves: dict[str, Aggregate] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str] | None:
        """All names that some leaf counts; None if one counts whatever the name."""
        named = [leaf.names for leaf in self.leaves.values() if leaf.names is not None]
        return frozenset().union(*named) if len(named) == len(self.leaves) else None

    @property
    def days(self) -> int | None:
        """The longest window; None if one has no start."""
        windows = [leaf.within_days for leaf in self.leaves.values() if leaf.within_days is not None]
        return max(windows) if len(windows) == len(self.leaves) else None


def _matching(tree: Tree, kinds: Kinds, asked: "ir.Table", belonging: Belonging) -> "ir.Table":
    """The rows of `asked` for which the tree is true."""
    asked, (truth,) = _judged([tree], kinds, asked, belonging)
    return asked.filter(truth)


def _judged(
    trees: Sequence[Tree], kinds: Kinds, asked: "ir.Table", belonging: Belonging
) -> tuple["ir.Table", "list[ir.BooleanValue]"]:
    """`asked` with the figures of all leaves, and what each tree says of a row of it."""
    aggregates = _aggregates(trees, kinds)
    for one in _passes(aggregates):
        rows, key = belonging(_scan(one), one.source.grain)
        if one.source.prepare is not None:
            rows = one.source.prepare(rows, key)
        figures = rows.group_by(rows[key].name("of_key")).aggregate(
            **{name: leaf.measure(rows, _counted(rows, one, leaf)) for name, leaf in one.leaves.items()}
        )
        # view(): Ibis follows a column back to where it came from, and would take the key of one side for the
        # other's, since both come from `asked` (it wrote `t2.key = t2.key`). A view ends the trail.
        asked = asked.left_join(figures.view(), [(key, "of_key")]).drop("of_key").view()
    tests = {
        leaf: aggregate.test(ibis.coalesce(asked[name], ibis.literal(0)))
        for leaf, (name, aggregate) in aggregates.items()
    }
    return asked, [_truth(tree, tests) for tree in trees]


def _aggregates(trees: Sequence[Tree], kinds: Kinds) -> dict[str, tuple[str, Aggregate]]:
    """By a leaf's JSON: the name of its figure, and the aggregate. A leaf that occurs twice is computed once."""
    by_kind: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for leaf, _path in chain.from_iterable(map(leaves_of, trees)):
        by_kind[leaf["type"]][_key(leaf)] = leaf
    made: dict[str, tuple[str, Aggregate]] = {}
    for kind, leaves in by_kind.items():
        for key, aggregate in zip(leaves, kinds[kind].aggregates(list(leaves.values())), strict=True):
            made[key] = (f"figure_{len(made)}", aggregate)
    return made


def _passes(aggregates: Mapping[str, tuple[str, Aggregate]]) -> Iterable[_Pass]:
    passes: dict[Any, _Pass] = {}
    for name, aggregate in aggregates.values():
        source = aggregate.source
        key = (source.rows.op(), source.grain, source.name, source.time, source.prepare)
        passes.setdefault(key, _Pass(source)).leaves[name] = aggregate
    return passes.values()


def _scan(one: _Pass) -> "ir.Table":
    """The rows of a source that some leaf may count."""
    source = one.source
    rows, days = source.rows, one.days
    kept = [rows.shop_id == the_shop()]
    if source.name is not None and one.names is not None:
        kept.append(rows[source.name].isin(sorted(one.names)))
    if source.time is not None:
        kept.append(rows[source.time] <= the_instant())
        if days is not None:
            kept.append(rows[source.time] >= the_start(days))
    if source.partition is not None and days is not None:
        arrived, ahead_days = source.partition
        kept.append(rows[arrived] >= the_start(days + ahead_days))
    return rows.filter(*kept)


def _counted(rows: "ir.Table", one: _Pass, leaf: Aggregate) -> "ir.BooleanValue | None":
    """Which scanned rows count for a leaf; what the scan has seen to already is not asked again."""
    source, kept = one.source, []
    if source.name is not None and leaf.names is not None and leaf.names != one.names:
        kept.append(rows[source.name].isin(sorted(leaf.names)))
    if source.time is not None and leaf.within_days is not None and leaf.within_days != one.days:
        kept.append(rows[source.time] >= the_start(leaf.within_days))
    if source.time is not None and leaf.until_days is not None:
        kept.append(rows[source.time] <= the_start(leaf.until_days))
    if leaf.where is not None:
        kept.append(leaf.where(rows))
    return ibis.and_(*kept) if kept else None


def _of_subjects(subjects: "ir.Table", rows: "ir.Table", grain: Grain) -> tuple["ir.Table", str]:
    """The rows that belong to a subject, with the column that says to which: an index look-up for each."""
    if grain is Grain.TRIGGER:
        events = _under_any_id(subjects.filter(subjects.event_seq.notnull()))
        on = [("customer_id", "recorded_id"), ("seq", "event_seq")]
        return rows.join(events.drop("customer_id").view(), on), "subject_id"
    customers = subjects.select("customer_id").distinct()
    if grain is Grain.PROFILE:
        return rows.join(customers.view(), "customer_id"), "customer_id"
    recorded = _under_any_id(customers).view()
    return rows.rename(recorded_id="customer_id").join(recorded, "recorded_id"), "customer_id"


def _of_everyone(rows: "ir.Table", grain: Grain) -> tuple["ir.Table", str]:
    """All rows, with the customer to whom they belong now. Nobody looks at an event: then no row counts."""
    if grain is Grain.TRIGGER:
        return rows.filter(ibis.literal(False)), "customer_id"
    if grain is Grain.PROFILE:
        return rows, "customer_id"
    owned = rows.left_join(_aliases().view(), [("customer_id", "alias_id")])
    return owned.mutate(customer_id=ibis.coalesce(owned.canonical_id, owned.customer_id)), "customer_id"


def _under_any_id(asked: "ir.Table") -> "ir.Table":
    """The rows of `asked` once for each id under which their customer may have been recorded (`recorded_id`)."""
    merged = asked.join(_aliases().view(), [("customer_id", "canonical_id")])
    return asked.mutate(recorded_id=asked.customer_id).union(
        merged.select(*asked.columns, recorded_id="alias_id")
    )


def _aliases() -> "ir.Table":
    return ALIAS.filter(ALIAS.shop_id == the_shop()).select("canonical_id", alias_id="customer_id")


def _truth(node: Tree, tests: Mapping[str, "ir.BooleanValue"]) -> "ir.BooleanValue":
    if "all" in node:
        return ibis.and_(*(_truth(child, tests) for child in node["all"]))
    if "any" in node:
        return ibis.or_(*(_truth(child, tests) for child in node["any"]))
    if "not" in node:
        return ~_truth(node["not"], tests)
    return tests[_key(node)]


def _key(leaf: Mapping[str, Any]) -> str:
    return json.dumps(leaf, sort_keys=True, ensure_ascii=False)
