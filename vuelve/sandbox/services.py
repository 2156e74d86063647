"""Making, filling and emptying a sandbox. Filling goes through the log, as everything does; the worker makes customers of it."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet

from vuelve.events.services import make_months, open_staging, prepare_log, record_staged
from vuelve.journeys.services import install_builtins
from vuelve.loyalty.models import Programme
from vuelve.loyalty.services import open_programme
from vuelve.platform import jobs
from vuelve.platform.clock import real
from vuelve.platform.db import Cursor, copy_rows, for_shop
from vuelve.platform.errors import conflict, not_found
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId
from vuelve.sandbox.generating import DAYS, LIVE_DAYS, Made, Plan, events
from vuelve.shops.exporting.services import forget_folders
from vuelve.shops.models import Member, Membership, Role, Sandbox, SandboxState, Shop
from vuelve.shops.permissions import may_manage_sandbox, require
from vuelve.shops.services import audit, create_shop

log = structlog.get_logger(__name__)

SANDBOXES_MAX = 3  # of one member
SOURCE = "sandbox"
ROWS_PER_STEP = 500
FILL, RESET = "sandbox.fill", "sandbox.reset"
MOVING = (SandboxState.FILLING, SandboxState.RESETTING)


def make(*, by: Membership) -> Shop:
    """A sandbox like the member's shop, with the member as its owner. Raises VuelveError `forbidden`, `sandboxes_limit` (409)."""
    require(may_manage_sandbox(by))
    like = by.shop
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=by.member_id)  # one at a time, though there is none yet
        owned = Membership.objects.filter(member=by.member, shop__is_sandbox=True)
        if owned.count() >= SANDBOXES_MAX:
            raise conflict("sandboxes_limit", f"A member has at most {SANDBOXES_MAX} test shops.")
        shop = create_shop(
            slug=f"{like.slug[:40]}-{secrets.token_hex(3)}",
            name=like.name,
            country=like.country,
            currency=like.currency,
            time_zone=like.time_zone,
            locale=like.locale,
            is_sandbox=True,
        )
        Membership.objects.create(shop=shop, member=by.member, role=Role.OWNER)
        with for_shop(ShopId(shop.pk)):
            Sandbox.objects.create(shop=shop)
        audit(shop=ShopId(like.pk), actor=by.member.email, action="Sandbox Created", target=shop.slug)
        audit(shop=ShopId(shop.pk), actor=by.member.email, action="Sandbox Created", target=shop.slug)
    return shop


def state_of(shop: ShopId) -> Sandbox:
    """Raises VuelveError `not_found` of a shop that is no sandbox. Within `for_shop`."""
    found = Sandbox.objects.filter(shop_id=shop, shop__is_sandbox=True).first()
    if found is None:
        raise not_found("sandbox")
    return found


def has_stopped(state: Sandbox) -> bool:
    """Whether it is being filled or emptied and no job is at it: the job failed for good. It can be asked for again."""
    return state.state in MOVING and not jobs.is_under_way(_unique(ShopId(state.shop_id)))


def ask_to_fill(*, by: Membership, now: datetime) -> None:
    """A job does it; one that has stopped goes on. Raises VuelveError `forbidden`, `not_found`, `sandbox_busy` (409)."""
    _ask(by, now, wanted=SandboxState.FILLING, job=FILL, action="Sandbox Filled")


def ask_to_reset(*, by: Membership, now: datetime) -> None:
    """A job does it. Raises VuelveError as `ask_to_fill`."""
    _ask(by, now, wanted=SandboxState.RESETTING, job=RESET, action="Sandbox Emptied")


def _ask(by: Membership, now: datetime, *, wanted: SandboxState, job: str, action: str) -> None:
    require(may_manage_sandbox(by))
    shop = ShopId(by.shop_id)
    with for_shop(shop):
        state_of(shop)
        state = Sandbox.objects.select_for_update().get(shop_id=shop)
        if not _may_become(state, wanted):
            raise conflict(
                "sandbox_busy",
                "The test shop is being filled or emptied, or is so already.",
                hint="Look again in a moment.",
            )
        if wanted == SandboxState.FILLING and state.state != SandboxState.FILLING:
            state.base_at, state.events, state.events_max = now, 0, 0
        state.state = wanted
        state.save()
        audit(shop=shop, actor=by.member.email, action=action)
        jobs.defer(job, unique=_unique(shop), shop=shop)


def _may_become(state: Sandbox, wanted: SandboxState) -> bool:
    if state.state in MOVING:
        return has_stopped(state) and (wanted == SandboxState.RESETTING or state.state == wanted)
    return wanted == SandboxState.RESETTING or state.state == SandboxState.EMPTY


def _unique(shop: ShopId) -> str:
    return f"sandbox {shop}"


@contextmanager
def _filling(shop: ShopId, base_at: datetime) -> Iterator[Cursor]:
    """A step of a fill. Emptying waits for it; a fill that was emptied meanwhile, or begun anew, ends here."""
    with for_shop(shop) as cursor:
        own = Sandbox.objects.select_for_update().filter(
            shop_id=shop, state=SandboxState.FILLING, base_at=base_at
        )
        if not own.exists():
            raise _NoLongerFilledError
        yield cursor


class _NoLongerFilledError(Exception):
    pass


@jobs.job(FILL)
def fill(*, shop: int) -> None:
    """From the beginning after a crash: what is in the log already is not appended twice."""
    whose = ShopId(shop)
    with for_shop(whose):
        state = (
            Sandbox.objects.select_related("shop").filter(shop_id=whose, state=SandboxState.FILLING).first()
        )
    if state is None or state.base_at is None:
        return
    try:
        _fill(state.shop, state.base_at)
    except _NoLongerFilledError:
        log.info("the sandbox is no longer to be filled", shop=shop)


def _fill(of: Shop, base_at: datetime) -> None:
    whose, now = ShopId(of.pk), real.now()
    made = events(Plan(of.signing_key, base_at, of.currency, of.country, _locale(of)))
    prepare_log(now=now)
    make_months("events_event", (base_at - timedelta(days=DAYS + 31)).date(), now.date())
    with _filling(whose, base_at):
        install_builtins(shop=whose)
    live_from = base_at - timedelta(days=LIVE_DAYS)
    for first in range(0, len(made), ROWS_PER_STEP):
        jobs.stop_if_told()
        step = made[first : first + ROWS_PER_STEP]
        with _filling(whose, base_at) as cursor:
            _append(
                cursor, whose, [each for each in step if each.occurred_at < live_from], now, historical=True
            )
            _append(
                cursor, whose, [each for each in step if each.occurred_at >= live_from], now, historical=False
            )
            Sandbox.objects.filter(shop_id=whose).update(events=first + len(step), events_max=len(made))
    with _filling(whose, base_at):
        _open_programme(whose, of.name, base_at)
        Sandbox.objects.filter(shop_id=whose).update(state=SandboxState.FILLED)
    log.info("sandbox filled", shop=of.pk, events=len(made))


def _locale(shop: Shop) -> str:
    return f"{shop.locale[:2]}-{shop.country}"


def _open_programme(shop: ShopId, name: str, base_at: datetime) -> None:
    """Last: its job counts the orders of before, which are in the log by now, and in the tables in a moment."""
    if Programme.objects.filter(shop_id=shop).exists():
        return
    # From before the first order on: they all earn as they are read, whichever comes first.
    open_programme(
        shop=shop,
        now=base_at - timedelta(days=DAYS + 1),
        actor="system",
        name=f"Club {name}"[:80],
        counts_history=True,
    )


def _append(cursor: Cursor, shop: ShopId, made: Sequence[Made], now: datetime, *, historical: bool) -> None:
    if not made:
        return
    open_staging(cursor)
    copy_rows(
        cursor,
        "event_staged (shop_id, kind, name, occurred_at, message_id, user_id, email, properties, historical)",
        (
            (shop, each.kind, each.name, each.occurred_at, each.message_id, each.user_id, each.email, each.properties, historical)
            for each in made
        ),
    )  # fmt: skip
    record_staged(cursor, now=now, source=SOURCE, from_outside=True)


@jobs.job(RESET)
def reset(*, shop: int) -> None:
    """Rows, then files. It is being emptied until all is gone, so after a crash at any point it is done again."""
    whose = ShopId(shop)
    with for_shop(whose) as cursor:
        if not _resetting(whose).exists():
            return
        row = cursor.execute("SELECT vuelve_reset_sandbox(%s)", [shop]).fetchone()
    forget_folders(whose)
    for files in registry.personal_files:
        files.throw_away_all(whose)
    with for_shop(whose):
        _resetting(whose).update(state=SandboxState.EMPTY, base_at=None, events=0, events_max=0)
    log.info("sandbox emptied", shop=shop, rows=row[0] if row else 0)


def _resetting(shop: ShopId) -> QuerySet[Sandbox]:
    """Locked: what fills it step by step waits, and then ends."""
    return Sandbox.objects.select_for_update().filter(shop_id=shop, state=SandboxState.RESETTING)
