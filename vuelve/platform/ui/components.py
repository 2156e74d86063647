"""The data of components that are more than a label. All texts arrive translated, all numbers formatted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from vuelve.platform.extension import Text

# Past this factor a percentage is noise (`1,303,056 %`): the two figures say more.
LEAP = 10

Tone = Literal["", "good", "warn", "bad", "info", "accent"]


@dataclass(frozen=True, slots=True)
class Change:
    """How a number moved against the period before. `ratio` is None where there is nothing to compare with."""

    ratio: float | None
    before: str  # the earlier value, formatted
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """A number with its name, its definition and, where it has them, its change and its course."""

    label: Text
    value: str
    definition: Text
    change: Change | None = None
    spark: Sequence[float] = ()
    href: str = ""
    note: Text = ""


@dataclass(frozen=True, slots=True)
class Tab:
    label: Text
    href: str
    is_current: bool = False
    count: str = ""


@dataclass(frozen=True, slots=True)
class Crumb:
    label: Text
    href: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that happened. Entries come newest first; the component groups them by day."""

    at: datetime
    title: Text
    text: Text = ""
    icon: str = "bolt"
    tone: Tone = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class SearchHit:
    label: Text
    href: str
    note: Text = ""
    icon: str = "document"


@dataclass(frozen=True, slots=True)
class SearchGroup:
    label: Text
    hits: Sequence[SearchHit] = field(default_factory=tuple)


def change(now: float, before: float, before_text: str, *, good: Literal["up", "down", ""] = "up") -> Change:
    """The change from `before` to `now`; `good` is the direction that is good news, '' for neither."""
    if before == 0 or now / before > LEAP:
        return Change(ratio=None, before=before_text)
    ratio = (now - before) / before
    if not good or abs(ratio) < 0.005:
        return Change(ratio=ratio, before=before_text)
    is_good = (ratio > 0) == (good == "up")
    return Change(ratio=ratio, before=before_text, tone="good" if is_good else "bad")


def trend(now: float, before: float) -> Literal["none", "new", "leap", "steady", "up", "down"]:
    """Which sentence fits: nothing now, nothing or next to nothing to compare with, or the direction."""
    if now == 0:
        return "none"
    if before == 0:
        return "new"
    if now / before > LEAP:
        return "leap"
    ratio = (now - before) / before
    return "steady" if abs(ratio) < 0.005 else "up" if ratio > 0 else "down"
