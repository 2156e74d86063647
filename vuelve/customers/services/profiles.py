"""The customers' rows: columns from traits and identifiers, search key, first and last seen."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from vuelve.customers.rules.profile import Profile, TraitValue, profile_of
from vuelve.customers.rules.traits import CONTEXT_LOCALE, CONTEXT_TIME_ZONE, PROFILE_TRAITS
from vuelve.customers.services.settling import SQL, Settled
from vuelve.platform.db import LOOKUPS_ONLY, Cursor, copy_rows, without

Key = tuple[int, int]  # shop, customer

_TRAITS = [*PROFILE_TRAITS, CONTEXT_LOCALE, CONTEXT_TIME_ZONE]
_time_zones: frozenset[str] = frozenset()


def refresh(cursor: Cursor, settled: Settled, *, now: datetime, identified: Collection[Key] = ()) -> None:
    """Write the rows of new nodes and of touched and identified customers, and when those in `pg_temp.customers_seen`
    were seen. A row follows from the customer's identifiers, traits and nodes alone.
    """
    if settled.moves:
        cursor.execute(SQL["refresh_traits"])
    copy_rows(cursor, "customers_touched (shop_id, customer_id)", identified)
    touched = set(cursor.execute("SELECT shop_id, customer_id FROM pg_temp.customers_touched").fetchall())
    if touched:
        identities = _identities(cursor)
        traits = _traits(cursor)
        zones = time_zones(cursor)
        _stage(
            cursor,
            {key: profile_of(identities[key], traits[key], time_zones=zones) for key in touched},
        )
    if settled.nodes:
        cursor.execute(SQL["insert_customers"], {"now": now})
    with without(cursor, *LOOKUPS_ONLY):
        cursor.execute(SQL["update_seen"])
    if settled.moves:
        cursor.execute(SQL["refresh_seen"])
    if touched:
        cursor.execute(SQL["update_profiles"])
        cursor.execute(SQL["refresh_words"])


def _identities(cursor: Cursor) -> dict[Key, dict[int, str]]:
    found: dict[Key, dict[int, str]] = defaultdict(dict)
    for shop, customer, kind, value in cursor.execute(SQL["read_identities"]).fetchall():
        found[shop, customer][kind] = value
    return found


def _traits(cursor: Cursor) -> dict[Key, dict[str, TraitValue]]:
    found: dict[Key, dict[str, TraitValue]] = defaultdict(dict)
    rows = cursor.execute(SQL["read_profile_traits"], {"names": _TRAITS}).fetchall()
    for shop, customer, name, text, time in rows:
        found[shop, customer][name] = (text, time)
    return found


def _stage(cursor: Cursor, profiles: Mapping[Key, Profile]) -> None:
    copy_rows(
        cursor,
        "customers_profile (shop_id, customer_id, user_id, email, phone, first_name, last_name, name, search_key, "
        "locale, country, time_zone, created_at)",
        (
            (
                *key,
                each.user_id,
                each.email,
                each.phone,
                each.first_name,
                each.last_name,
                each.name,
                each.search_key,
                each.locale,
                each.country,
                each.time_zone,
                each.created_at,
            )
            for key, each in profiles.items()
        ),
    )


def time_zones(cursor: Cursor) -> frozenset[str]:
    """The names that this server's PostgreSQL knows; read once a process, since it reads hundreds of files."""
    global _time_zones
    if not _time_zones:
        rows = cursor.execute("SELECT name FROM pg_timezone_names").fetchall()
        _time_zones = frozenset(row[0] for row in rows if not row[0].startswith(("posix", "localtime")))
    return _time_zones
