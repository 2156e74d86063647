"""The graph of a journey and the states of a run; no Django.

A graph is immutable once published. `rules.parse` makes it from JSON and `rules.as_json` turns it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from vuelve.platform.ids import ShopId

Tree = Mapping[str, Any]  # a condition tree, as `segments` reads it

ENTRY_STEP = ""  # stands for the entry wherever a step is named: transitions, tallies, drawings


class ReentryKind(StrEnum):
    """How often a customer may walk one journey."""

    ONCE = "once"
    EACH_EVENT = "each_event"
    PER_PROPERTY = "per_property"  # once for each value of a property of the entry event, e.g. each order


class RunStatus(IntEnum):
    ACTIVE = 0
    FINISHED = 1  # reached an end of the graph
    GOAL = 2  # did what the journey is for
    EXITED = 3  # left early: an exit event, an archived journey, a merged customer
    FAILED = 4  # a step raised; `end_reason` says what


# Outcomes of transitions that no edge of a graph is named for.
ENTERED = "entered"
NOT_ENTERED = "missing_property"  # counted only: the entry event lacks the re-entry property
FINISHED = "finished"
REACHED_GOAL = "goal"
EXITED = "exited"
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reentry:
    kind: ReentryKind = ReentryKind.ONCE
    property: str = ""  # only of PER_PROPERTY


@dataclass(frozen=True, slots=True)
class Entry:
    event: str
    conditions: Tree | None
    reentry: Reentry


@dataclass(frozen=True, slots=True)
class Ending:
    """An event that ends a run: its goal, or an exit.

    With `match`, that property of the event must equal what the run began with: its entry key when the journey
    re-enters per that property, else the same property of the entry event. With `match_data`, it must equal
    an output of a step instead, e.g. `match` "code" and `match_data` "coupon.code".
    """

    event: str
    conditions: Tree | None = None
    match: str | None = None
    match_data: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    key: str
    type: str
    config: Mapping[str, Any]
    next: Mapping[str, str]  # outcome -> the step it leads to


@dataclass(frozen=True, slots=True)
class Graph:
    entry: Entry
    goal: Ending | None
    exits: tuple[Ending, ...]
    first: str
    steps: Mapping[str, Step]


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version as the engine and the consumer use it; immutable, so it is kept in memory by its id."""

    id: int
    shop: ShopId
    journey_id: int
    journey_key: str
    number: int
    graph: Graph
    order: tuple[str, ...]  # every step after all steps that lead to it
