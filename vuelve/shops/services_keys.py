"""A shop's API keys, as its owners and admins manage them. All audited; a secret exists once, when it is made."""

from collections.abc import Collection
from datetime import datetime, timedelta

from vuelve.platform.clock import real
from vuelve.platform.db import for_shop
from vuelve.platform.errors import VuelveError, conflict, not_found
from vuelve.platform.ids import ShopId
from vuelve.shops.contracts import NewKey
from vuelve.shops.models import ApiKey, KeyKind, Membership, Shop
from vuelve.shops.permissions import may_manage_keys, require
from vuelve.shops.scopes import Scope
from vuelve.shops.services import audit, is_valid, issue_key

# For so long a key that was replaced still works: time to put the new one everywhere.
OVERLAP = timedelta(days=1)
KEYS_MAX = 50
LABEL_CHARS_MAX = 60


def create_key(*, by: Membership, kind: str, label: str, scopes: Collection[str] | None = None) -> NewKey:
    """`scopes`: what a secret key is limited to; None for everything.

    Raises VuelveError `forbidden`, `key_kind`, `key_label`, `key_scopes`, `keys_limit` (409).
    """
    require(may_manage_keys(by))
    if kind not in KeyKind.values:
        raise VuelveError("key_kind", "A key is a write key or a secret key.", field="kind")
    if scopes is not None and (kind != KeyKind.SECRET or not scopes or not set(scopes) <= set(Scope.values)):
        raise VuelveError("key_scopes", "A secret key has some of the scopes, or all.", field="scopes")
    label = label.strip()
    if len(label) > LABEL_CHARS_MAX or "\x00" in label:
        raise VuelveError("key_label", f"A label has at most {LABEL_CHARS_MAX} characters.", field="label")
    with for_shop(ShopId(by.shop_id)):
        return _make(by, KeyKind(kind), label, scopes, "Key Created")


def rotate_key(*, by: Membership, key: int, now: datetime) -> NewKey:
    """A new key of the same kind, label and scopes; the old one works for OVERLAP more. Raises VuelveError as `create_key`, and `not_found`."""
    require(may_manage_keys(by))
    with for_shop(ShopId(by.shop_id)):
        old = _held(by, key)
        if old.expires_at is not None:
            raise conflict("key_replaced", "This key was replaced before.", field="key")
        made = _make(by, KeyKind(old.kind), old.label, old.scopes, "Key Replaced")
        old.expires_at = now + OVERLAP
        old.save(update_fields=["expires_at"])
        return made


def revoke_key(*, by: Membership, key: int, now: datetime) -> None:
    """Works no more, within 5 seconds on every process. Raises VuelveError `forbidden`, `not_found`."""
    require(may_manage_keys(by))
    with for_shop(ShopId(by.shop_id)):
        old = _held(by, key)
        old.revoked_at = now
        old.save(update_fields=["revoked_at"])
        audit(shop=ShopId(by.shop_id), actor=by.member.email, action="Key Revoked", target=old.hint)


def _held(by: Membership, key: int) -> ApiKey:
    found = ApiKey.objects.select_for_update().filter(pk=key, shop_id=by.shop_id, revoked_at=None).first()
    if found is None:
        raise not_found("key")
    return found


def _make(by: Membership, kind: KeyKind, label: str, scopes: Collection[str] | None, action: str) -> NewKey:
    shop = Shop.objects.select_for_update(no_key=True).get(pk=by.shop_id)
    # Those that were replaced and are over cannot be revoked any more, and must not keep new ones out.
    if ApiKey.objects.filter(is_valid(real.now()), shop=shop).count() >= KEYS_MAX:
        raise conflict("keys_limit", f"A shop has at most {KEYS_MAX} keys.", field="kind")
    made = issue_key(shop=shop, kind=kind, label=label, scopes=scopes)
    audit(
        shop=ShopId(shop.pk),
        actor=by.member.email,
        action=action,
        target=made.hint,
        detail={"kind": kind.value, "label": label, "scopes": sorted(scopes) if scopes else "all"},
    )
    return made
