"""The customers' rows: columns from traits and identifiers, search key, first and last seen."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from vuelve.customers.rules.identity import Holder
from vuelve.customers.rules.profile import Profile, TraitValue, profile_of
from vuelve.customers.rules.traits import PROFILE_TRAITS
from vuelve.customers.services.settling import SQL, Settled
from vuelve.platform.db import Cursor, copy_rows

Key = tuple[int, int]  # shop, customer

_time_zones: frozenset[str] = frozenset()


def refresh(
    cursor: Cursor,
    settled: Settled,
    *,
    now: datetime,
    identified: Collection[Key] = (),
    hints: Mapping[Key, Profile] | None = None,
) -> None:
    """Write the rows of new, changed and identified customers, and when those in `pg_temp.customers_seen` were seen.

    `hints` are facts from an event's context, which count when nothing better is known.
    """
    holders = {(holder.shop, holder.id): holder for holder in [*settled.created, *settled.changed]}
    created = {(holder.shop, holder.id) for holder in settled.created}
    touched = {*holders, *identified, *((shop, into) for shop, _, into in settled.merged)}
    if touched:
        # Of a newcomer whom no identify call names there is nothing to be read.
        copy_rows(cursor, "customers_touched (shop_id, customer_id)", touched - (created - set(identified)))
        known = _known(cursor)
        traits = _traits(cursor)
        zones = time_zones(cursor)
        profiles = {
            key: profile_of(
                [*known[key], *_facts(holders.get(key), (hints or {}).get(key))],
                traits[key],
                time_zones=zones,
                now=now,
            )
            for key in touched
        }
        _stage(cursor, profiles, created, now)
        cursor.execute(SQL["insert_customers"])
        cursor.execute(SQL["update_customers"])
    cursor.execute(SQL["update_seen"])


def _known(cursor: Cursor) -> dict[Key, list[Profile]]:
    """By customer: its own row first, then those of customers merged into it."""
    found: dict[Key, list[Profile]] = defaultdict(list)
    for shop, customer, is_merged, *columns in cursor.execute(SQL["lock_profiles"]).fetchall():
        profile = Profile(*columns)
        if is_merged:
            found[shop, customer].append(profile)
        else:
            found[shop, customer].insert(0, profile)
    return found


def _traits(cursor: Cursor) -> dict[Key, dict[str, TraitValue]]:
    found: dict[Key, dict[str, TraitValue]] = defaultdict(dict)
    rows = cursor.execute(SQL["read_profile_traits"], {"names": list(PROFILE_TRAITS)}).fetchall()
    for shop, customer, name, text, time in rows:
        found[shop, customer][name] = (text, time)
    return found


def _facts(holder: Holder | None, hint: Profile | None) -> Iterable[Profile]:
    if holder is not None:
        yield Profile(
            user_id=holder.user_id,
            email=holder.email,
            phone=holder.phone,
            first_seen_at=holder.seen_at,
            last_seen_at=holder.seen_at,
        )
    if hint is not None:
        yield hint


def _stage(cursor: Cursor, profiles: Mapping[Key, Profile], created: Collection[Key], now: datetime) -> None:
    copy_rows(
        cursor,
        "customers_profile (shop_id, customer_id, is_new, user_id, email, phone, first_name, last_name, name, "
        "search_key, locale, country, time_zone, created_at, first_at, last_at)",
        (
            (
                *key,
                key in created,
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
                each.created_at or now,
                each.first_seen_at,
                each.last_seen_at,
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
