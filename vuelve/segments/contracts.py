"""What other packages may know of segments."""

from dataclasses import dataclass
from enum import StrEnum

from vuelve.segments.tree import Tree

ENTERED = "Segment Entered"
LEFT = "Segment Left"
EVENTS = frozenset({ENTERED, LEFT})

NAME_CHARS_MAX = 120
DESCRIPTION_CHARS_MAX = 500


class Kind(StrEnum):
    LIVE = "live"  # customers come and go by the condition
    LIST = "list"  # customers as they were uploaded


@dataclass(frozen=True, slots=True)
class SegmentRef:
    """A segment as it is evaluated: the tree of the version in force."""

    id: int
    version: int
    tree: Tree


@dataclass(frozen=True, slots=True)
class Preview:
    """How many customers a tree is true for, as of now, and some of them; `is_exact` False: as of the lake's last minute.

    `unread`: event properties that no condition has looked at before, so that nothing is known of the past until it is saved.
    `unseen`: the traits and event properties that nothing of the shop has had so far; likely a slip of the pen.
    """

    count: int
    customers_total: int
    sample: tuple[int, ...]
    is_exact: bool
    unread: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """A node of a tree and what it says of one customer. Of a leaf: `text` in words, `figure` what was found of him.

    `branch` is all, any or not, or '' of a leaf; `figure` is None where a figure says nothing (a trait), and `values` then
    the customer's own, as text.
    """

    path: str
    branch: str
    text: str
    holds: bool
    figure: str | None = None
    below: "tuple[Explained, ...]" = ()
