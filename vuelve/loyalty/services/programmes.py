"""What a programme promises, and when it changes its mind."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from vuelve.loyalty.contracts import POINTS, ExpiryKind, Terms
from vuelve.loyalty.models import Programme
from vuelve.loyalty.rules import expires_at
from vuelve.platform import jobs
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError, conflict, not_found
from vuelve.platform.ids import ShopId
from vuelve.shops.queries import facts
from vuelve.shops.services import audit

FIELDS = (
    "name",
    "is_live",
    "rate_points",
    "rate_minor",
    "includes_shipping",
    "includes_tax",
    "approval_days",
    "expiry",
    "expiry_months",
    "expiry_month",
    "expiry_day",
    "allows_debt",
    "counts_history",
)
_EXPIRY_FIELDS = frozenset({"expiry", "expiry_months", "expiry_month", "expiry_day"})


def open_programme(*, shop: ShopId, now: datetime, actor: str, **choices: Any) -> Programme:
    """Begin a programme, in the shop's currency: 1 point per 10.00 unless said otherwise. Audited.

    Orders from before earn only with `counts_history`. Raises VuelveError `programme_exists` (409), `programme_field`.
    """
    here = facts(shop)
    with for_shop(shop):
        if Programme.objects.filter(shop_id=shop).exists():
            raise conflict("programme_exists", "The shop has a programme.", field="shop")
        programme = Programme(
            shop_id=shop,
            currency=here.currency,
            started_at=now,
            expiry_since=now,
            warned_first_until=now,
            warned_last_until=now,
            **{"name": here.name[:80], "is_live": True, **_known(choices)},
        )
        _save(programme)
        audit(
            shop=shop,
            actor=actor,
            action="Programme Opened",
            target=programme.name,
            detail=_as_json(programme),
        )
        if programme.is_live and programme.counts_history:
            _count_history(shop)
        return programme


def change_programme(*, shop: ShopId, now: datetime, actor: str, **choices: Any) -> Programme:
    """Change what holds from now on: what was earned keeps its rate. Audited. Raises VuelveError `not_found`, `programme_field`.

    A new expiry expires nothing at once: open points get the date they would have if they were earned today.
    """
    with for_shop(shop) as cursor:
        programme = Programme.objects.select_for_update().filter(shop_id=shop).first()
        if programme is None:
            raise not_found("programme")
        before = _as_json(programme)
        counted = programme.is_live and programme.counts_history
        for name, value in _known(choices).items():
            setattr(programme, name, value)
        after = _as_json(programme)
        changed = {name: [before[name], after[name]] for name in after if after[name] != before[name]}
        if not changed:
            return programme
        if _EXPIRY_FIELDS & changed.keys():
            programme.expiry_since = programme.warned_first_until = programme.warned_last_until = now
        _save(programme)
        if _EXPIRY_FIELDS & changed.keys():
            cursor.execute(
                "SELECT loyalty_date_lots(%s, %s, %s)", [shop, POINTS, expires_at(_terms(programme), now)]
            )
        audit(shop=shop, actor=actor, action="Programme Changed", target=programme.name, detail=changed)
        if programme.is_live and programme.counts_history and not counted:
            _count_history(shop)
        return programme


def terms_of(shop: ShopId) -> Terms | None:
    """What the shop's programme promises, live or not; None without one."""
    with for_shop(shop):
        programme = Programme.objects.select_related("shop").filter(shop_id=shop).first()
        return None if programme is None else _terms(programme)


def _terms(programme: Programme) -> Terms:
    shop = ShopId(programme.shop_id)
    return Terms(
        shop=shop,
        zone=ZoneInfo(programme.shop.time_zone),
        currency=programme.currency,
        rate_points=programme.rate_points,
        rate_minor=programme.rate_minor,
        includes_shipping=programme.includes_shipping,
        includes_tax=programme.includes_tax,
        approval_days=programme.approval_days,
        expiry=ExpiryKind(programme.expiry),
        expiry_months=programme.expiry_months,
        expiry_month=programme.expiry_month,
        expiry_day=programme.expiry_day,
        allows_debt=programme.allows_debt,
        counts_history=programme.counts_history,
        started_at=programme.started_at,
    )


def live_terms() -> list[Terms]:
    """Of all programmes that award, of the shops that this transaction sees."""
    programmes = Programme.objects.select_related("shop").filter(is_live=True).order_by("shop_id")
    return [_terms(programme) for programme in programmes]


def all_programmes() -> list[tuple[Programme, Terms]]:
    """Of the shops that this transaction sees."""
    programmes = Programme.objects.select_related("shop").order_by("shop_id")
    return [(programme, _terms(programme)) for programme in programmes]


def _count_history(shop: ShopId) -> None:
    jobs.defer("loyalty.award_history", unique=f"award history {shop}", shop=shop)


def _known(choices: Mapping[str, Any]) -> Mapping[str, Any]:
    if unknown := sorted(choices.keys() - set(FIELDS)):
        raise VuelveError("programme_field", f"A programme has no `{unknown[0]}`.", field=unknown[0])
    return choices


def _save(programme: Programme) -> None:
    try:
        programme.clean_fields(exclude=["shop"])
        programme.validate_constraints()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise VuelveError("programme_field", messages[0], field=name) from error
    programme.save()


def _as_json(programme: Programme) -> dict[str, Any]:
    return {name: getattr(programme, name) for name in FIELDS}
