"""Who an event belongs to. Pure: no database, no clock.

1. An event belongs to the customer of its strongest identifier: user id, e-mail, phone, anonymous id.
2. Its weaker identifiers are claimed for that customer. Of two identify calls that name a user id the earliest by
   (time, message id) keeps an identifier, whatever arrives first; other events only claim what nobody holds, and
   never an anonymous id: it may outlive a user's session on a shared browser.
3. A customer without a user id that is linked to a stronger one is merged into it. Two user ids never merge.
   Nor do two e-mails without a user id: a shop's till may send one anonymous id for all who buy there.

One call gives the same result for any order and repetition of its events. Over several calls the same holds for
who keeps an identifier that an identify call with a user id named; and, as long as no two of them are in conflict
(one user id, one e-mail, one phone a person), for the grouping of all events. In a conflict, events that came
before the earlier claim did stay where they were: history is not rewritten, and a merge is not undone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vuelve.customers.contracts import Identifier, IdentifierKind

RANK_OF_OWN = 9  # a customer's first identifier, or one found on its own: any claim beats it


@dataclass(frozen=True, slots=True)
class Sighting:
    """The identifiers of one event, strongest first; at least one."""

    identifiers: tuple[Identifier, ...]
    at: datetime
    message_id: str
    is_identify: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds an identifier, and by what right. The lowest (rank, at, by) has the best right."""

    customer: int
    rank: int
    at: datetime
    by: str

    @property
    def right(self) -> tuple[int, datetime, str]:
        return self.rank, self.at, self.by


@dataclass(slots=True)
class Holder:
    """A customer as identity sees it. `id` is negative while the customer is not in the database."""

    id: int
    shop: int
    user_id: str | None = None
    email: str | None = None
    phone: str | None = None
    seen_at: datetime | None = None

    @property
    def strength(self) -> int:
        if self.user_id is not None:
            return IdentifierKind.USER
        if self.email is not None:
            return IdentifierKind.EMAIL
        return IdentifierKind.ANONYMOUS if self.phone is None else IdentifierKind.PHONE

    def has(self, kind: int) -> bool:
        return (kind == IdentifierKind.EMAIL and self.email is not None) or (
            kind == IdentifierKind.PHONE and self.phone is not None
        )

    def clashes_with(self, other: "Holder") -> bool:
        """Both have an e-mail, or both a phone: perhaps two people at one device."""
        return any(
            self.has(kind) and other.has(kind) for kind in (IdentifierKind.EMAIL, IdentifierKind.PHONE)
        )

    def note(self, identifier: Identifier) -> None:
        if identifier.kind == IdentifierKind.USER:
            self.user_id = identifier.value
        elif identifier.kind == IdentifierKind.EMAIL:
            self.email = self.email or identifier.value
        elif identifier.kind == IdentifierKind.PHONE:
            self.phone = self.phone or identifier.value


@dataclass(slots=True)
class Resolution:
    """What has to be written."""

    claims: dict[Identifier, Claim] = field(default_factory=dict)  # new or changed
    created: list[Holder] = field(default_factory=list)
    changed: list[Holder] = field(default_factory=list)
    merged: dict[int, int] = field(default_factory=dict)  # from -> into, both in the database, flat


def resolve(
    sightings: Iterable[Sighting], *, claims: Mapping[Identifier, Claim], holders: Iterable[Holder]
) -> Resolution:
    """Work the sightings into what is known: `claims` on their identifiers, and the customers that hold them."""
    book = _Book(claims, holders)
    for sighting in sorted(sightings, key=lambda s: (s.at, s.message_id, s.identifiers, s.is_identify)):
        book.see(sighting)
    return book.result()


class _Book:
    def __init__(self, claims: Mapping[Identifier, Claim], holders: Iterable[Holder]) -> None:
        self._known = claims
        self._claims = dict(claims)
        self._holders = {holder.id: holder for holder in holders}
        self._into: dict[int, int] = {}
        self._changed: set[int] = set()
        self._last_id = 0

    def see(self, sighting: Sighting) -> None:
        top, *weaker = _considered(sighting)
        holder = self._holder_of(top)
        if holder is None:
            holder = self._room_for(top, weaker) or self._create(top, sighting)
            self._give(top, holder, Claim(holder.id, RANK_OF_OWN, sighting.at, sighting.message_id))
        for identifier in weaker:
            holder = self._connect(identifier, holder, top.kind, sighting)

    def result(self) -> Resolution:
        resolution = Resolution()
        for identifier, claim in self._claims.items():
            root = self._find(claim.customer)
            now = claim if claim.customer == root else Claim(root, claim.rank, claim.at, claim.by)
            if now != self._known.get(identifier):
                resolution.claims[identifier] = now
        for holder_id, holder in self._holders.items():
            root = self._find(holder_id)
            if root != holder_id:
                if holder_id > 0:
                    resolution.merged[holder_id] = root
            elif holder_id < 0:
                resolution.created.append(holder)
            elif holder_id in self._changed:
                resolution.changed.append(holder)
        return resolution

    def _find(self, customer: int) -> int:
        while customer in self._into:
            customer = self._into[customer]
        return customer

    def _holder_of(self, identifier: Identifier) -> Holder | None:
        claim = self._claims.get(identifier)
        return None if claim is None else self._holders[self._find(claim.customer)]

    def _room_for(self, top: Identifier, weaker: Iterable[Identifier]) -> Holder | None:
        """A customer that is already known by a weaker identifier and lacks one of this kind."""
        for identifier in weaker:
            holder = self._holder_of(identifier)
            if holder is None:
                continue
            if top.kind == IdentifierKind.USER and holder.user_id is None:
                return holder
            if top.kind != IdentifierKind.USER and not holder.has(top.kind):
                return holder
        return None

    def _create(self, top: Identifier, sighting: Sighting) -> Holder:
        self._last_id -= 1
        holder = self._holders[self._last_id] = Holder(self._last_id, top.shop, seen_at=sighting.at)
        return holder

    def _give(self, identifier: Identifier, holder: Holder, claim: Claim) -> None:
        self._claims[identifier] = claim
        holder.note(identifier)
        self._changed.add(holder.id)

    def _connect(self, identifier: Identifier, holder: Holder, top_kind: int, sighting: Sighting) -> Holder:
        """Claim a weaker identifier for the event's customer; returns who that is afterwards."""
        rank = top_kind * 2 - sighting.is_identify
        claim = Claim(holder.id, rank, sighting.at, sighting.message_id)
        held = self._claims.get(identifier)
        if held is None:
            if sighting.is_identify or not holder.has(identifier.kind):
                self._give(identifier, holder, claim)
            return holder
        other = self._holders[self._find(held.customer)]
        if other is not holder:
            merged = self._merged(holder, other, sighting)
            if merged is None:
                if sighting.is_identify and claim.right < held.right:
                    self._give(identifier, holder, claim)
                return holder
            holder = merged
        if sighting.is_identify and claim.right < held.right:
            self._claims[identifier] = Claim(holder.id, claim.rank, claim.at, claim.by)
        return holder

    def _merged(self, holder: Holder, other: Holder, sighting: Sighting) -> Holder | None:
        """The customer that two linked ones become, or None if they stay apart."""
        if other.user_id is None and holder.strength < other.strength:
            says_so_itself = sighting.is_identify and holder.user_id is not None
            if says_so_itself or not holder.clashes_with(other):
                return self._merge(other, holder)
        elif holder.user_id is None and other.strength < holder.strength and not holder.clashes_with(other):
            return self._merge(holder, other)
        return None

    def _merge(self, weak: Holder, strong: Holder) -> Holder:
        # A row that exists is kept: it takes over what the one that does not yet exist would have been.
        root, leaf = (weak, strong) if weak.id > 0 > strong.id else (strong, weak)
        root.user_id = strong.user_id
        root.email = strong.email or weak.email
        root.phone = strong.phone or weak.phone
        if weak.seen_at and strong.seen_at:
            root.seen_at = min(weak.seen_at, strong.seen_at)
        self._into[leaf.id] = root.id
        self._changed.add(root.id)
        return root


def _considered(sighting: Sighting) -> Iterator[Identifier]:
    """An anonymous id beside a stronger identifier counts only in an identify call."""
    for position, identifier in enumerate(sighting.identifiers):
        if position == 0 or sighting.is_identify or identifier.kind != IdentifierKind.ANONYMOUS:
            yield identifier
