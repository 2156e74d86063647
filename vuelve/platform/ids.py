"""Identifiers that cross package borders, and how secrets and codes are made."""

import hashlib
import secrets
from typing import NewType

ShopId = NewType("ShopId", int)
CustomerId = NewType("CustomerId", int)
RunId = NewType("RunId", int)
MessageId = NewType("MessageId", int)

# No 0/O, 1/I/L, U: a code is read aloud at a till and typed on a phone.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_secret(prefix: str) -> str:
    """A bearer secret with 192 bits of randomness, e.g. `vw_...`; the prefix tells what leaked."""
    return f"{prefix}_{secrets.token_urlsafe(24)}"


def hash_secret(secret: str) -> str:
    """What is stored of a bearer secret. Random input of 192 bits needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
