"""How often somebody may try to sign in: so many failures per e-mail and address, then a wait.

An attempt is counted before the password is looked at, in one statement, so that attempts at the same time cannot
slip past the count; a success forgets them. Stored hashed: the table is no list of who works here.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Network, ip_address

from django.db import connection

from vuelve.platform import limits

_COUNT = """
INSERT INTO shops_signinattempt AS attempt (key, began_at, attempts) VALUES (%(key)s, %(now)s, 1)
ON CONFLICT (key) DO UPDATE SET
    began_at = CASE WHEN attempt.began_at <= %(since)s THEN excluded.began_at ELSE attempt.began_at END,
    attempts = CASE WHEN attempt.began_at <= %(since)s THEN 1 ELSE attempt.attempts + 1 END
RETURNING attempts, began_at
"""
_FORGET = "DELETE FROM shops_signinattempt WHERE key = %(key)s OR began_at <= %(since)s"

WINDOW = timedelta(seconds=limits.SIGN_IN_WINDOW_SECONDS)


def _key(email: str, address: str) -> str:
    return sha256(f"{email.strip().lower()}|{_place(address)}".encode()).hexdigest()


def _place(address: str) -> str:
    """The network of an IPv6 address: whoever has one has all 2^64 of it."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Network((found.packed, 64), strict=False)) if found.version == 6 else address


def count_attempt(*, email: str, address: str, now: datetime) -> timedelta | None:
    """Count an attempt; how long to wait if there were too many, else None."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"key": _key(email, address), "now": now, "since": now - WINDOW})
        attempts, began_at = cursor.fetchone()
    return began_at + WINDOW - now if attempts > limits.SIGN_IN_ATTEMPTS_MAX else None


def forget_attempts(*, email: str, address: str, now: datetime) -> None:
    """After a success: this pair's attempts, and everybody's that are over."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"key": _key(email, address), "since": now - WINDOW})
