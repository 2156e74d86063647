"""Secrets of others at rest: tokens of stores and providers, encrypted with a key derived from VUELVE_SECRET_KEY."""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from vuelve.platform.errors import VuelveError


def seal(text: str) -> str:
    """Encrypted and signed (Fernet: AES-128-CBC with HMAC-SHA256); each call gives another token."""
    return _cipher(settings.SECRET_KEY).encrypt(text.encode()).decode("ascii")


def unseal(token: str) -> str:
    """What was sealed. Raises VuelveError `secret_unreadable` if the key is another one or the token was changed."""
    try:
        return _cipher(settings.SECRET_KEY).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise VuelveError(
            "secret_unreadable",
            "A stored secret cannot be read with this VUELVE_SECRET_KEY.",
            hint="Use the key it was stored with, or enter the secret again.",
            status=500,
        ) from error


@cache
def _cipher(secret: str) -> Fernet:
    # One secret, several purposes: `info` keeps this key apart from those that sign sessions and links.
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vuelve vault").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
