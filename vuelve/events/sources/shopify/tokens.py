"""Access tokens: one that a store gave for good, or those that an app's id and secret are lent for a day.

Apps made in a store's own admin have the first kind (`shpat_...`). Since 2026 Shopify makes apps in its Dev Dashboard
only, and those have an id instead. Lent tokens are kept in memory: another process asks for its own.
"""

import hashlib
import threading
from collections.abc import Callable

from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.stores import StoreAccess

LASTING = ("shpat_", "shpca_", "shpua_", "shppa_")
MARGIN_SECONDS = 300.0
KEPT_MAX = 1_000

_lent: dict[str, tuple[str, float]] = {}
_lock = threading.Lock()


def token_of(access: StoreAccess, *, ask: Callable[[StoreAccess], tuple[str, float]]) -> str:
    if access.token.startswith(LASTING):
        return access.token
    key = _key(access)
    found = _lent.get(key)
    if found and found[1] > monotonic_seconds():
        return found[0]
    token, seconds = ask(access)
    with _lock:
        if len(_lent) >= KEPT_MAX:
            _lent.clear()
        _lent[key] = (token, monotonic_seconds() + seconds - MARGIN_SECONDS)
    return token


def forget(access: StoreAccess) -> bool:
    """The token was refused; True if another one can be asked for."""
    with _lock:
        return _lent.pop(_key(access), None) is not None


def _key(access: StoreAccess) -> str:
    return hashlib.sha256("\x1f".join((access.domain, access.token, access.secret)).encode()).hexdigest()
