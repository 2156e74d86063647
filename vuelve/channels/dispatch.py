"""The dispatcher: takes due messages of all shops, and sees that each is sent once, withheld or put off.

    queued -> sending -> accepted | delivered | failed | unknown, or queued again after a failure that may pass

Any number of dispatchers may run. A message is committed as `sending` before a provider is given it; what is found
in that state long after its dispatcher must be dead becomes `unknown`, never a second send. Messages that the
mailbox keeps are claimed, kept and delivered in one transaction, so a killed dispatcher leaves them queued.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import takewhile
from time import sleep

import structlog
from django.db import connection

from vuelve.channels import rules, telemetry
from vuelve.channels.carrying import Carrier, Landed
from vuelve.channels.claiming import DATABASE_ERRORS, BatchFailed, claim_batch, count
from vuelve.channels.contracts import DISPATCHER_LOST, EMAIL, CheckedProvider
from vuelve.channels.outcomes import Outcome, open_outcomes, settle, stage_outcomes, with_months
from vuelve.platform import env, limits
from vuelve.platform.clock import Clock, monotonic_seconds
from vuelve.platform.db import Statements, for_shops
from vuelve.platform.env import SettingError
from vuelve.platform.extension import Provider, registry
from vuelve.shops.queries import all_shop_ids

SQL = Statements(__file__)
log = structlog.get_logger(__name__)

# One call of dispatch_once; its caller comes back until nothing is left.
BATCHES_PER_CALL_MAX = 20
# Longer than any live dispatcher holds a message (carrying: 240 s until it begins, 60 s for the call), twice.
CLAIM_SECONDS_MAX = 600
LOST_ROWS_MAX = 1_000

IDLE_SECONDS = 0.2
FLIGHT_SECONDS = (
    0.1  # answers are written at least so often: what a crash leaves unknown is what is in flight
)
HOUSEKEEPING_SECONDS = 15.0
RECONNECT_SECONDS = 1.0
SHUT_DOWN_SECONDS = 6.0  # `vuelve up` must end within ten
DUE_COUNTED_MAX = 100_000


def dispatch_once(*, clock: Clock) -> int:
    """Everything that is due, up to 10,000 messages, with the providers' answers; how many were looked at."""
    dispatcher = Dispatcher(clock=clock)
    try:
        dispatcher.lose_claims()
        total = 0
        for _ in range(BATCHES_PER_CALL_MAX):
            claimed = dispatcher.claim()
            total += claimed
            while dispatcher.in_flight:
                dispatcher.land(FLIGHT_SECONDS)
            if claimed < limits.DISPATCH_BATCH_ROWS:
                break
        return total
    finally:
        dispatcher.close()


def run_forever(*, clock: Clock, stop: threading.Event) -> None:
    """The dispatcher's process: polls until `stop` is set, then waits a little for what is in flight."""
    dispatcher = Dispatcher(clock=clock)
    log.info("dispatcher started", providers={name: p.name for name, p in dispatcher.providers.items()})
    try:
        while not stop.is_set():
            try:
                busy = dispatcher.turn()
            except DATABASE_ERRORS as error:
                log.warning("database unreachable, trying again", error=str(error).strip())
                connection.close()
                stop.wait(RECONNECT_SECONDS)
                continue
            if not busy:
                stop.wait(IDLE_SECONDS)
        dispatcher.shut_down()
    finally:
        dispatcher.close()
        log.info("dispatcher stopped")


def providers_by_channel() -> dict[str, Provider]:
    """Who carries what; raises SettingError where the settings name nobody who could."""
    name = str(env.get("VUELVE_EMAIL_PROVIDER"))
    provider = registry.providers.get(name)
    if provider is None or provider.channel != EMAIL:
        raise SettingError(f"VUELVE_EMAIL_PROVIDER={name!r}: there is no such provider of e-mail")
    if isinstance(provider, CheckedProvider):
        provider.check_settings()
    return {EMAIL: provider}


class Dispatcher:
    """One loop's state. Not for several threads; several dispatchers share the queue."""

    def __init__(self, *, clock: Clock, providers: Mapping[str, Provider] | None = None) -> None:
        self.clock = clock
        self.providers = providers_by_channel() if providers is None else providers
        self._carrier: Carrier | None = None
        self._unwritten: list[tuple[str, Outcome]] = []
        self._housekeeping_at = 0.0
        self._claimed = 0  # since it was last told

    @property
    def in_flight(self) -> int:
        return (self._carrier.in_flight if self._carrier else 0) + len(self._unwritten)

    def turn(self) -> int:
        """Claim if there is room, let messages travel, write answers; 0 if there was nothing to do."""
        now_seconds = monotonic_seconds()
        if now_seconds >= self._housekeeping_at:
            self._housekeeping_at = now_seconds + HOUSEKEEPING_SECONDS
            self._keep_house()
        # Two batches in flight: one slow server holds up its own messages only.
        claimed = self.claim() if self.in_flight <= limits.DISPATCH_BATCH_ROWS else 0
        return claimed + self.land(FLIGHT_SECONDS)

    def _keep_house(self) -> None:
        self.lose_claims()
        self.measure_due()
        if self._claimed:
            log.info("messages dispatched", claimed=self._claimed, in_flight=self.in_flight)
            self._claimed = 0

    def claim(self, rows: int = limits.DISPATCH_BATCH_ROWS) -> int:
        """One batch; how many due messages it took."""
        now = self.clock.now()
        try:
            batch = with_months(lambda: claim_batch(providers=self.providers, now=now, rows=rows), now=now)
        except BatchFailed as failure:
            if rows > 1:
                # One by one, so that the faulty one stops nobody else.
                return sum(takewhile(bool, (self.claim(1) for _ in range(rows))))
            self._give_up(failure)
            return 1
        if batch.flights:
            self._carrier = self._carrier or Carrier()
            self._carrier.launch(batch.flights)
        self._claimed += batch.claimed
        log.debug("messages claimed", claimed=batch.claimed, in_flight=self.in_flight)
        return batch.claimed

    def land(self, seconds: float) -> int:
        """Let messages travel for at most so long, and write the answers that came; how many."""
        if self._carrier is None:
            return 0
        landed = self._carrier.collect(seconds)
        self._unwritten += [(each.flight.outgoing.channel, self._outcome(each)) for each in landed]
        self._write()
        return len(landed)

    def lose_claims(self) -> int:
        """Messages left in `sending` by a dispatcher that died become `unknown`; how many."""
        now = self.clock.now()
        before = now - timedelta(seconds=CLAIM_SECONDS_MAX)
        with for_shops(all_shop_ids()) as cursor:
            cursor.execute(
                SQL["lose_claims"],
                {"now": now, "before": before, "rows": LOST_ROWS_MAX, "reason": DISPATCHER_LOST},
            )
            lost = cursor.rowcount
        if lost:
            log.error("messages lost by a dispatcher", messages=lost)
        return lost

    def measure_due(self) -> None:
        with for_shops(all_shop_ids()) as cursor:
            row = cursor.execute(
                "SELECT count(*) FROM (SELECT FROM channels_message WHERE status = 'queued' AND due_at <= %s LIMIT %s) due",
                [self.clock.now(), DUE_COUNTED_MAX],
            ).fetchone()
        assert row is not None
        telemetry.DUE.set(row[0])

    def shut_down(self) -> None:
        """Begin with nothing more; what has not begun goes back to the queue, what has is waited for a little."""
        if self._carrier is None:
            return
        self._carrier.stopping = True
        until = monotonic_seconds() + SHUT_DOWN_SECONDS
        while self.in_flight and monotonic_seconds() < until:
            try:
                self.land(FLIGHT_SECONDS)
            except DATABASE_ERRORS:
                connection.close()
                sleep(FLIGHT_SECONDS)
        if self.in_flight:
            log.error("messages still in flight: they will be unknown", messages=self.in_flight)

    def close(self) -> None:
        if self._carrier is not None:
            self._carrier.close()
            self._carrier = None

    def _outcome(self, landed: Landed) -> Outcome:
        outcome, now = landed.flight.outcome, self.clock.now()
        if landed.result is None:
            outcome.status, outcome.due_at, outcome.attempts = "queued", now, landed.flight.attempts - 1
        else:
            outcome.finish(landed.result, attempts=landed.flight.attempts, now=now)
            if outcome.status in {"failed", "unknown"}:
                log.warning(
                    "message not sent", message=outcome.id, status=outcome.status, reason=outcome.reason
                )
        return outcome

    def _write(self) -> None:
        """What the providers answered. Kept until it is committed: an unreachable database must not make it unknown."""
        if not self._unwritten:
            return
        began = monotonic_seconds()
        self._settle([outcome for _, outcome in self._unwritten])
        written, self._unwritten = self._unwritten, []
        telemetry.SECONDS.labels("write").observe(monotonic_seconds() - began)
        count(written)

    def _give_up(self, failure: BatchFailed) -> None:
        """A message that our own code cannot handle: failed with its reason, for staff and for us to look into."""
        now = self.clock.now()
        outcomes = [
            Outcome(
                shop_id=shop,
                customer_id=customer,
                id=message,
                owner_id=customer,
                status="failed",
                reason=rules.reason("internal_error", type(failure.__cause__).__name__),
                finished_at=now,
            )
            for shop, customer, message in failure.messages
        ]
        self._settle(outcomes)

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        now = self.clock.now()

        def write() -> None:
            with for_shops(all_shop_ids()) as cursor:
                open_outcomes(cursor)
                stage_outcomes(cursor, outcomes)
                settle(cursor, now=now)

        with_months(write, now=now)
