"""One batch of due messages: claimed, gated, prepared and rendered in one transaction.

What passes is committed as `sending` before any provider is called: a dispatcher that dies afterwards leaves rows
that say so. Messages of a provider that keeps them (`contracts.KeepingProvider`) are finished here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

import django.db
import psycopg
import structlog

from vuelve.channels import rules, telemetry
from vuelve.channels.contracts import (
    ABORTED,
    EMAIL,
    RENDER_FAILED,
    KeepingProvider,
    MessageAborted,
    Rendered,
    RenderFailed,
)
from vuelve.channels.gates import apply_gates
from vuelve.channels.models import Purpose
from vuelve.channels.outcomes import Outcome, as_json, open_outcomes, settle, stage_outcomes
from vuelve.channels.rendering import load_versions, render
from vuelve.channels.snapshots import Claimed, Prepared, claimed, prepare
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.db import Cursor, Statements, for_shops
from vuelve.platform.extension import Outgoing, Provider, SendResult, SendState, registry
from vuelve.platform.ids import MessageId, ShopId
from vuelve.shops.contracts import ShopFacts
from vuelve.shops.models import Shop
from vuelve.shops.queries import all_shop_ids, facts_of

SQL = Statements(__file__)
log = structlog.get_logger(__name__)

# The server is away, or has ended our statement: not the messages' fault. psycopg's own from our cursors, Django's
# from its models.
DATABASE_ERRORS = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    django.db.OperationalError,
    django.db.InterfaceError,
)


@dataclass(frozen=True, slots=True)
class Flight:
    """A message committed as `sending`: a provider may be given it, once."""

    outgoing: Outgoing
    provider: Provider
    outcome: Outcome  # to be filled in with the provider's answer
    attempts: int


@dataclass(slots=True)
class Batch:
    claimed: int = 0
    flights: list[Flight] = field(default_factory=list)
    outcomes: list[tuple[str, Outcome]] = field(default_factory=list)  # with their channel


class BatchFailed(Exception):  # noqa: N818
    """Something that none of the messages' own failures explains; nothing was changed. Which messages it was."""

    def __init__(self, messages: Sequence[tuple[int, int, int]]) -> None:
        super().__init__(f"{len(messages)} messages")
        self.messages = messages


def claim_batch(*, providers: Mapping[str, Provider], now: datetime, rows: int) -> Batch:
    """At most `rows` due messages of all shops; commits. Raises BatchFailed, or the database's own errors."""
    began = monotonic_seconds()
    batch = Batch()
    keys: list[tuple[int, int, int]] = []
    with for_shops(all_shop_ids()) as cursor:
        cursor.execute(SQL["open_gate_batch"])
        cursor.execute("SELECT vuelve_clear('pg_temp.gate_batch')")
        cursor.execute(SQL["claim_due"], {"now": now, "rows": rows})
        batch.claimed = cursor.rowcount
        if not batch.claimed:
            return batch
        if rows == 1:
            keys = cursor.execute("SELECT shop_id, customer_id, id FROM pg_temp.gate_batch").fetchall()
        try:
            _decide(cursor, batch, providers, now, began)
        except (*DATABASE_ERRORS, psycopg.errors.CheckViolation):
            raise
        except Exception as error:
            log.exception("batch not dispatched", rows=rows)
            raise BatchFailed(keys) from error
    count(batch.outcomes)
    return batch


def _decide(
    cursor: Cursor, batch: Batch, providers: Mapping[str, Provider], now: datetime, began: float
) -> None:
    open_outcomes(cursor)
    apply_gates(cursor, now)
    _stage_verdicts(cursor, now)
    passed = [claimed(row) for row in cursor.execute(SQL["fetch_passed"]).fetchall()]
    gated = _observe("claim", began)
    prepared = _prepare(cursor, passed)
    ready = _observe("prepare", gated)
    by_provider: dict[str, list[Flight]] = defaultdict(list)
    date = format_datetime(now)
    for shop, each in prepared:
        _make_ready(shop, each, providers, now, date, batch, by_provider)
    _keep(batch, by_provider, now)
    rendered = _observe("render", ready)
    stage_outcomes(
        cursor,
        [outcome for _, outcome in batch.outcomes] + [_sending(flight, now) for flight in batch.flights],
    )
    settle(cursor, now=now)
    _observe("write", rendered)


def _prepare(cursor: Cursor, passed: Sequence[Claimed]) -> list[tuple[ShopFacts, Prepared]]:
    versions = load_versions(cursor, (message.template_version_id for message in passed))
    by_shop: dict[int, list[Claimed]] = defaultdict(list)
    for message in passed:
        by_shop[message.shop_id].append(message)
    shops = {shop.pk: facts_of(shop) for shop in Shop.objects.filter(pk__in=by_shop)}
    return [
        (shops[pk], each)
        for pk, messages in by_shop.items()
        for each in prepare(cursor, shops[pk], messages, versions)
    ]


def _make_ready(
    shop: ShopFacts,
    each: Prepared,
    providers: Mapping[str, Provider],
    now: datetime,
    date: str,
    batch: Batch,
    by_provider: dict[str, list[Flight]],
) -> None:
    """Render one message; what stands in its way is its own outcome."""
    message = each.message
    outcome = Outcome(
        shop_id=message.shop_id,
        customer_id=message.customer_id,
        id=message.id,
        owner_id=message.owner_id,
        status="failed",
        finished_at=now,
        address=message.address,
        locale=each.locale or None,
        data=as_json(each.data),
    )
    provider = _provider(shop, message.channel, providers)
    try:
        rendered = _render(each, provider)
    except MessageAborted as abort:
        outcome.status, outcome.reason = "withheld", rules.reason(ABORTED, str(abort))
    except RenderFailed as failure:
        if each.may_pass:
            again = SendResult(
                MessageId(message.id), SendState.RETRY, reason=rules.reason(RENDER_FAILED, str(failure))
            )
            outcome.finished_at = None
            outcome.finish(again, attempts=message.attempts + 1, now=now)
        else:
            outcome.reason = rules.reason(RENDER_FAILED, str(failure))
    else:
        assert provider is not None
        outcome.subject, outcome.provider = rendered.subject, provider.name
        flight = Flight(_outgoing(shop, each, rendered, date), provider, outcome, message.attempts + 1)
        by_provider[provider.name].append(flight)
        return
    batch.outcomes.append((message.channel, outcome))


def _provider(shop: ShopFacts, channel: str, providers: Mapping[str, Provider]) -> Provider | None:
    """Who carries it. Of a shop that nothing may leave, only one whose whole effect is the message's own row."""
    provider = providers.get(channel)
    if not shop.stays_here or isinstance(provider, KeepingProvider):
        return provider
    keeping = (
        each
        for each in registry.providers.values()
        if each.channel == channel and isinstance(each, KeepingProvider)
    )
    return next(keeping, None)


def _render(each: Prepared, provider: Provider | None) -> Rendered:
    if each.problem or each.version is None:
        raise RenderFailed(each.problem)
    if provider is None:
        raise RenderFailed(f"no provider carries {each.message.channel}")
    if each.message.channel == EMAIL and not rules.is_address(each.message.address):
        raise RenderFailed(f"{each.message.address!r} is no address")
    return render(each.version, locale=each.locale, data=each.data)


def _outgoing(shop: ShopFacts, each: Prepared, rendered: Rendered, date: str) -> Outgoing:
    message, headers = each.message, {"Date": date}
    if message.purpose != Purpose.TRANSACTIONAL:
        # RFC 8058: the mail program's own button, without a visit to a page.
        headers["List-Unsubscribe"] = f"<{each.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return Outgoing(
        shop=ShopId(shop.id),
        message_id=MessageId(message.id),
        key=f"{shop.id}:{message.customer_id}:{message.idempotency_key}",
        channel=message.channel,
        address=message.address,
        sender=shop.sender,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        headers=headers,
    )


def _keep(batch: Batch, by_provider: Mapping[str, Sequence[Flight]], now: datetime) -> None:
    """Finish at once what a provider keeps in our own transaction; the rest becomes `sending`."""
    for flights in by_provider.values():
        provider = flights[0].provider
        if not isinstance(provider, KeepingProvider):
            batch.flights += flights
            continue
        results = provider.keep([flight.outgoing for flight in flights])
        for flight, result in zip(flights, results, strict=True):
            flight.outcome.finish(result, attempts=flight.attempts, now=now)
            batch.outcomes.append((flight.outgoing.channel, flight.outcome))


def _sending(flight: Flight, now: datetime) -> Outcome:
    """The row as it is while a provider has the message; the flight's own outcome then only adds the answer."""
    final = flight.outcome
    sending = Outcome(
        shop_id=final.shop_id,
        customer_id=final.customer_id,
        id=final.id,
        owner_id=final.owner_id,
        status="sending",
        address=final.address,
        locale=final.locale,
        subject=final.subject,
        provider=final.provider,
        data=final.data,
        attempts=flight.attempts,
        claimed_at=now,
    )
    final.was_claimed_at, final.finished_at, final.data = now, None, None
    return sending


def _observe(stage: str, began: float) -> float:
    ended = monotonic_seconds()
    telemetry.SECONDS.labels(stage).observe(ended - began)
    return ended


def _stage_verdicts(cursor: Cursor, now: datetime) -> None:
    cursor.execute(
        "SELECT channel, verdict, reason, count(*) FROM pg_temp.gate_batch WHERE verdict IS NOT NULL GROUP BY 1, 2, 3"
    )
    verdicts = cursor.fetchall()
    if verdicts:
        cursor.execute(SQL["stage_verdicts"], {"now": now})
    for channel, verdict, reason, number in verdicts:
        counter = telemetry.WITHHELD if verdict == "withheld" else telemetry.DELAYED
        counter.labels(channel, rules.reason_code(reason or "")).inc(number)


def count(outcomes: Sequence[tuple[str, Outcome]]) -> None:
    """Tell Prometheus what was committed."""
    for channel, outcome in outcomes:
        code = rules.reason_code(outcome.reason or "")
        match outcome.status:
            case "accepted" | "delivered":
                telemetry.SENT.labels(channel, outcome.provider or "").inc()
            case "withheld":
                telemetry.WITHHELD.labels(channel, code).inc()
            case "failed":
                telemetry.FAILED.labels(channel, code).inc()
            case "unknown":
                telemetry.UNKNOWN.labels(channel, outcome.provider or "").inc()
            case "queued":
                telemetry.RETRIED.labels(channel, outcome.provider or "").inc()
