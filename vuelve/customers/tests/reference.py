"""Who counts for whom, written down a second time and as plainly as can be: for a handful of events, without a database.

The product works it out in SQL, incrementally (`sql/find_owners.sql`, `sql/find_roots.sql`); tests compare the two.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

Name = tuple[int, str]  # kind, value; the stronger the lower
USER, EMAIL, PHONE, ANONYMOUS = 1, 2, 3, 4


@dataclass(frozen=True)
class Sighting:
    """The identifiers that one event names."""

    names: tuple[Name, ...]
    is_identify: bool
    at: datetime
    message_id: str

    @property
    def top(self) -> Name:
        return min(self.names)


@dataclass(frozen=True, order=True)
class Claim:
    rank: int
    at: datetime
    by: str
    maker: Name

    @property
    def is_identify(self) -> bool:
        return self.rank % 2 == 1


def claims_of(sightings: Iterable[Sighting]) -> dict[Name, set[Claim]]:
    found: dict[Name, set[Claim]] = defaultdict(set)
    for sighting in sightings:
        top = sighting.top
        for name in set(sighting.names) - {top}:
            if name[0] > top[0] and (name[0] != ANONYMOUS or sighting.is_identify):
                rank = top[0] * 2 - sighting.is_identify
                found[name].add(Claim(rank, sighting.at, sighting.message_id, top))
    return found


def owners_of(
    sightings: Iterable[Sighting], vetoes: frozenset[tuple[Name, Name]] = frozenset()
) -> dict[Name, Name]:
    claims = claims_of(sightings)
    made: dict[tuple[Name, int], set[tuple[Claim, Name]]] = defaultdict(set)
    for name, on_it in claims.items():
        for claim in on_it:
            made[claim.maker, name[0]].add((claim, name))

    def counts(claim: Claim, name: Name) -> bool:
        if (name, claim.maker) in vetoes:
            return False
        if claim.is_identify:
            return True
        rivals = made[claim.maker, name[0]]
        return not any(rival.is_identify for rival, _name in rivals) and (claim, name) == min(
            rivals, key=lambda rival: (rival[0].at, rival[0].by, rival[1])
        )

    found = {}
    for name, on_it in claims.items():
        good = [claim for claim in on_it if counts(claim, name)]
        if good:
            found[name] = min(good).maker
    return found


def groups_of(
    sightings: Iterable[Sighting], vetoes: frozenset[tuple[Name, Name]] = frozenset()
) -> set[frozenset[str]]:
    """The customers, each as the values of all identifiers that count for it."""
    every = list(sightings)
    owners = owners_of(every, vetoes)
    found: dict[Name, set[str]] = defaultdict(set)
    for name in {sighting.top for sighting in every} | owners.keys():
        root = name
        while root in owners:
            root = owners[root]
        found[root].add(name[1])
    return {frozenset(values) for values in found.values()}
