"""The policy gate: whether a message may go now, later or never.

Gates run one after the other over `pg_temp.gate_batch`, each set-based; the first verdict on a message stands. The
dispatcher runs them again whenever a message falls due, so that what changed meanwhile counts. Those below always
run; `registry.gates` adds more (frequency caps, a channel's own rules, budgets) between or after them by `order`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from vuelve.channels import rules
from vuelve.channels.contracts import NO_ADDRESS, NO_CONSENT, OFFER_LAPSED, QUIET_HOURS, SUPPRESSED
from vuelve.platform.db import Cursor, Statements
from vuelve.platform.extension import Gate, registry

SQL = Statements(__file__)


class ConsentGate:
    """Transactional messages need none; the others an opt-in, which is kept per channel and purpose."""

    name: ClassVar[str] = "consent"
    order: ClassVar[int] = 10

    def apply(self, cursor: Cursor, now: datetime) -> None:
        cursor.execute(SQL["gate_consent"], {"reason": NO_CONSENT})


class SuppressionGate:
    name: ClassVar[str] = "suppression"
    order: ClassVar[int] = 20

    def apply(self, cursor: Cursor, now: datetime) -> None:
        cursor.execute(SQL["gate_suppression"], {"reason": SUPPRESSED})


class AddressGate:
    name: ClassVar[str] = "address"
    order: ClassVar[int] = 30

    def apply(self, cursor: Cursor, now: datetime) -> None:
        cursor.execute(
            "UPDATE pg_temp.gate_batch SET verdict = 'withheld', reason = %s "
            "WHERE verdict IS NULL AND coalesce(address, '') = ''",
            [NO_ADDRESS],
        )


class QuietHoursGate:
    """Nobody is woken by a promotion: it waits until the window ends where the customer is."""

    name: ClassVar[str] = "quiet_hours"
    order: ClassVar[int] = 50

    def apply(self, cursor: Cursor, now: datetime) -> None:
        # A few dozen zones at most, so Python's zone data decides: PostgreSQL would raise on a name it lacks,
        # and with one customer's bad trait the whole batch would stop.
        cursor.execute("SELECT DISTINCT time_zone, shop_time_zone FROM pg_temp.gate_batch")
        zones: list[tuple[str | None, str, str, datetime | None]] = []
        for own, shops in cursor.fetchall():
            zone = rules.zone_or_none(own) or rules.zone_or_none(shops) or rules.zone_or_none("UTC")
            assert zone is not None
            zones.append((own, shops, zone.key, rules.quiet_until(now, zone)))
        cursor.execute(
            SQL["gate_quiet_hours"],
            {
                "own": [row[0] for row in zones],
                "shops": [row[1] for row in zones],
                "zones": [row[2] for row in zones],
                "until": [row[3] for row in zones],
                "reason": QUIET_HOURS,
            },
        )


class OfferGate:
    """A coupon that will have expired when the message goes is no offer any more."""

    name: ClassVar[str] = "offer"
    order: ClassVar[int] = 90

    def apply(self, cursor: Cursor, now: datetime) -> None:
        cursor.execute(
            "SELECT shop_id, id, data -> 'coupon' ->> 'expires_at', until FROM pg_temp.gate_batch "
            "WHERE verdict IS DISTINCT FROM 'withheld' AND purpose <> 'transactional' AND data -> 'coupon' ? 'expires_at'"
        )
        lapsed: list[tuple[int, int]] = []
        for shop, message, expires_at, until in cursor.fetchall():
            expiry = rules.instant_or_none(expires_at)
            if expiry is not None and expiry <= (until or now):
                lapsed.append((shop, message))
        if lapsed:
            cursor.execute(
                "UPDATE pg_temp.gate_batch SET verdict = 'withheld', reason = %s, until = NULL "
                "FROM unnest(%s::bigint[], %s::bigint[]) AS lapsed (shop, message) "
                "WHERE shop_id = lapsed.shop AND id = lapsed.message",
                [OFFER_LAPSED, [row[0] for row in lapsed], [row[1] for row in lapsed]],
            )


OURS: tuple[Gate, ...] = (ConsentGate(), SuppressionGate(), AddressGate(), QuietHoursGate(), OfferGate())


def all_gates() -> Sequence[Gate]:
    """In the order in which they run. Ours cannot be unplugged: forgetting to list consent would send without it."""
    return sorted(
        {gate.name: gate for gate in (*registry.gates, *OURS)}.values(), key=lambda gate: gate.order
    )


def apply_gates(cursor: Cursor, now: datetime) -> None:
    for gate in all_gates():
        gate.apply(cursor, now)
