"""Connect a store, change its secret, disconnect it. What calls the store is a job: no page waits for another's server."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings

from vuelve.events.sources import queries
from vuelve.events.sources.contracts import Store, StoreState, problem
from vuelve.platform import clock, jobs, limits, vault
from vuelve.platform.db import for_shop
from vuelve.platform.errors import Retryable, VuelveError, conflict, not_found
from vuelve.platform.extension import registry
from vuelve.platform.ids import ShopId, hash_secret
from vuelve.platform.stores import StoreSource
from vuelve.shops import queries as shop_queries
from vuelve.shops.services import audit

SECRET_CHARS_MAX = 300


def webhook_address(store: Store) -> str:
    """Where the store sends its webhooks."""
    return f"{settings.PUBLIC_URL}/hooks/{store.source}/{vault.unseal(store.sealed_address)}"


def can_be_reached() -> bool:
    """Stores send webhooks over https only."""
    return bool(settings.PUBLIC_URL.startswith("https://"))


def connect(
    *, shop: ShopId, source: str, domain: str, token: str, secret: str, actor: str, now: datetime
) -> Store:
    """Connect a store, or one that was connected before once more; a job then tries the token and subscribes.

    Raises VuelveError `sandbox` (409), `store_domain`, `store_token`, `store_secret`, `store_taken`, `stores_limit`.
    """
    if shop_queries.facts(shop).stays_here:
        raise conflict(
            "sandbox",
            "A test shop has no stores: nothing leaves it, and nothing of a real store comes in.",
            field="domain",
            hint="Connect the store to the shop itself.",
        )
    kind = source_of(source)
    name = kind.check_domain(domain)
    token, secret = _secret(token, "token"), _secret(secret, "secret")
    with for_shop(shop) as cursor:
        known = {(one.source, one.domain): one for one in queries.stores(cursor, shop)}
        before = known.get((source, name))
        if before is None and len(known) >= limits.STORES_MAX:
            raise VuelveError(
                "stores_limit", f"A shop has at most {limits.STORES_MAX} stores.", field="domain"
            )
        if before:
            store_id = before.id
            _reconnect(before, token=token, secret=secret, api_version=kind.api_version, now=now)
        else:
            store_id = _insert(shop, source, name, token, secret, kind.api_version, now)
        audit(shop=shop, actor=actor, action="Store Connected", target=name)
        _defer("stores.check", shop, store_id)
        return queries.store(cursor, shop, store_id)


def _insert(
    shop: ShopId, source: str, domain: str, token: str, secret: str, api_version: str, now: datetime
) -> int:
    address = f"{shop}-{secrets.token_urlsafe(24)}"
    with for_shop(shop) as cursor:
        row = cursor.execute(
            "INSERT INTO events_store (shop_id, source, domain, address_hash, sealed_address, sealed_token, "
            "sealed_secret, api_version, state, connected_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT ON CONSTRAINT events_store_domain_once DO NOTHING RETURNING id",
            [
                shop,
                source,
                domain,
                hash_secret(address),
                vault.seal(address),
                vault.seal(token),
                vault.seal(secret),
                api_version,
                StoreState.CHECKING,
                now,
            ],
        ).fetchone()
    if row is None:
        raise VuelveError(
            "store_taken",
            f"{domain} is connected to another shop of this server.",
            field="domain",
            hint="Disconnect it there first.",
            status=409,
        )
    return int(row[0])


def _reconnect(store: Store, *, token: str, secret: str, api_version: str, now: datetime) -> None:
    """The time of the connection starts anew only if the store was gone: what happened meanwhile is history."""
    with for_shop(store.shop_id) as cursor:
        cursor.execute(
            "UPDATE events_store SET sealed_token = %s, api_version = %s, state = %s, problem = '', erase_due_at = NULL, connected_at = %s "
            "WHERE shop_id = %s AND id = %s",
            [
                vault.seal(token),
                api_version,
                StoreState.CHECKING,
                store.connected_at if store.is_open else now,
                store.shop_id,
                store.id,
            ],
        )
    _replace_secret(store, secret, now)


def change_secret(*, shop: ShopId, store_id: int, secret: str, actor: str, now: datetime) -> None:
    """The old secret is good for a while longer: what is on its way was signed with it."""
    with for_shop(shop) as cursor:
        store = queries.store(cursor, shop, store_id, lock=True)
        _replace_secret(store, _secret(secret, "secret"), now)
        audit(shop=shop, actor=actor, action="Store Secret Changed", target=store.domain)


def _replace_secret(store: Store, secret: str, now: datetime) -> None:
    if vault.unseal(store.sealed_secret) == secret:
        return
    with for_shop(store.shop_id) as cursor:
        cursor.execute(
            "UPDATE events_store SET sealed_secret = %s, sealed_secret_before = sealed_secret, secret_before_until = %s "
            "WHERE shop_id = %s AND id = %s",
            [
                vault.seal(secret),
                now + timedelta(hours=limits.STORE_SECRET_OVERLAP_HOURS),
                store.shop_id,
                store.id,
            ],
        )


def check_again(*, shop: ShopId, store_id: int, actor: str) -> None:
    """Try the token and the subscriptions once more."""
    with for_shop(shop) as cursor:
        store = queries.store(cursor, shop, store_id)
        if not store.sealed_token or not store.is_open:
            raise VuelveError("store_closed", "The store is disconnected.", hint="Connect it again.")
        cursor.execute(
            "UPDATE events_store SET state = %s, problem = '' WHERE shop_id = %s AND id = %s",
            [StoreState.CHECKING, shop, store_id],
        )
        audit(shop=shop, actor=actor, action="Store Checked", target=store.domain)
        _defer("stores.check", shop, store_id)


def disconnect(*, shop: ShopId, store_id: int, actor: str) -> None:
    """No webhook is taken from now on but privacy requests; what came stays. A job ends the subscriptions."""
    with for_shop(shop) as cursor:
        store = queries.store(cursor, shop, store_id, lock=True)
        cursor.execute(
            "UPDATE events_store SET state = %s, problem = '', topics = '{}' WHERE shop_id = %s AND id = %s",
            [StoreState.DISCONNECTED, shop, store_id],
        )
        cursor.execute(
            "UPDATE events_backfill SET state = 'stopped' WHERE shop_id = %s AND store_id = %s "
            "AND state IN ('waiting', 'preparing', 'reading')",
            [shop, store_id],
        )
        audit(shop=shop, actor=actor, action="Store Disconnected", target=store.domain)
        _defer("stores.leave", shop, store_id)


def _defer(name: str, shop: ShopId, store_id: int) -> None:
    jobs.defer(name, lock=f"store:{store_id}", shop=shop, store_id=store_id)


def source_of(name: str) -> StoreSource:
    if name not in registry.sources:
        raise not_found("kind of store")
    return registry.sources[name]


def _secret(text: str, field: str) -> str:
    text = text.strip()
    if not text or len(text) > SECRET_CHARS_MAX or not text.isascii() or not text.isprintable():
        raise VuelveError(
            f"store_{field}",
            "This cannot be one.",
            field=field,
            hint="Copy it whole from the store's settings.",
        )
    return text


# --- jobs ------------------------------------------------------------------------------------------------------


@jobs.job("stores.check")
def check(*, shop: int, store_id: int) -> None:
    """Try the token, see what the app may read, subscribe to the topics. The outcome is on the store's page."""
    with for_shop(ShopId(shop)) as cursor:
        store = queries.store(cursor, ShopId(shop), store_id)
    if not store.sealed_token or not store.is_open:
        return
    kind = source_of(store.source)
    try:
        facts = kind.facts(store.access)
        topics = kind.register(store.access, webhook_address(store)) if can_be_reached() else ()
    except VuelveError as error:
        _settle(store, StoreState.REFUSED, problem(error.code, error.message))
        return
    except Retryable as error:
        _settle(store, StoreState.CHECKING, problem("store_busy", str(error)))
        raise
    with for_shop(ShopId(shop)) as cursor:
        cursor.execute(
            "UPDATE events_store SET name = %s, currency = %s, scopes = %s, missing_scopes = %s, topics = %s "
            "WHERE shop_id = %s AND id = %s AND state NOT IN ('disconnected', 'uninstalled')",
            [
                facts.name,
                facts.currency,
                list(facts.scopes),
                list(facts.missing_scopes),
                list(topics),
                shop,
                store_id,
            ],
        )
    _settle(store, StoreState.CONNECTED, "")


def _settle(store: Store, state: StoreState, what: str) -> None:
    with for_shop(store.shop_id) as cursor:
        cursor.execute(
            "UPDATE events_store SET state = %s, problem = %s, checked_at = %s "
            "WHERE shop_id = %s AND id = %s AND state NOT IN ('disconnected', 'uninstalled')",
            [state, what, clock.real.now(), store.shop_id, store.id],
        )


@jobs.job("stores.leave")
def leave(*, shop: int, store_id: int) -> None:
    """End the subscriptions and forget the token. A store that does not let us in has ended them itself."""
    with for_shop(ShopId(shop)) as cursor:
        store = queries.store(cursor, ShopId(shop), store_id)
    if store.state is not StoreState.DISCONNECTED or not store.sealed_token:
        return
    try:
        source_of(store.source).unregister(store.access, webhook_address(store))
    except VuelveError as error:
        _note_problem(store, problem(error.code, error.message))
    with for_shop(ShopId(shop)) as cursor:
        cursor.execute(
            "UPDATE events_store SET sealed_token = '' WHERE shop_id = %s AND id = %s AND state = 'disconnected'",
            [shop, store_id],
        )


def _note_problem(store: Store, what: str) -> None:
    with for_shop(store.shop_id) as cursor:
        cursor.execute(
            "UPDATE events_store SET problem = %s WHERE shop_id = %s AND id = %s",
            [what, store.shop_id, store.id],
        )
