"""Kinds and origins of events; what crosses the border of this package."""

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
