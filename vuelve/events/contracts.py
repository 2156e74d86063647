"""Kinds and origins of events; what crosses the border of this package."""

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """Segment's calls."""

    TRACK = 1
    IDENTIFY = 2
    PAGE = 3
    SCREEN = 4
    GROUP = 5
    ALIAS = 6


class Origin(IntEnum):
    OUTSIDE = 0  # received: API, import
    OURS = 1  # recorded by Vuelve itself


IDENTITY_CONSUMER = "identity"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A refused event, as `events_rejected` keeps it. The code, field and message are those of the answer."""

    code: str
    message: str
    bytes: int  # of the whole event
    excerpt: str  # see `rejecting.excerpt`
    field: str | None = None
    hint: str | None = None
    index: int | None = None  # in its batch; None: the request as a whole
    event_type: str | None = None
    event_name: str | None = None
