"""allauth's forms of passkeys, for input that no browser sends: what cannot be read is refused like a wrong answer."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as theirs
from cryptography.exceptions import InvalidSignature
from django import forms

CHARS_MAX = 20_000  # an answer with a chain of certificates has some 8,000
NAME_CHARS_MAX = 60


@contextmanager
def _refusing() -> Iterator[None]:
    """What the decoding of an answer may raise on something else than an answer."""
    try:
        yield
    except (
        ValueError, TypeError, LookupError, AttributeError, RecursionError, struct.error, InvalidSignature,
    ) as error:  # fmt: skip
        raise get_adapter().validation_error("incorrect_code") from error


class CredentialField(forms.JSONField):
    def to_python(self, value: Any) -> Any:
        if value is not None and len(value) > CHARS_MAX:
            raise get_adapter().validation_error("incorrect_code")
        with _refusing():
            found = super().to_python(value)
            if found is not None and not isinstance(found, dict):
                raise TypeError("not an object")
            return found


def _credential() -> CredentialField:
    return CredentialField(required=True, widget=forms.HiddenInput)


class AddForm(theirs.AddWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(required=False, max_length=NAME_CHARS_MAX)
    credential = _credential()

    def clean(self) -> Any:
        with _refusing():
            return super().clean()


class RenameForm(theirs.EditWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(required=True, max_length=NAME_CHARS_MAX)


class AuthenticateForm(theirs.AuthenticateWebAuthnForm):  # type: ignore[misc]
    credential = _credential()

    def clean_credential(self) -> Any:
        with _refusing():
            return super().clean_credential()


class EnterForm(theirs.LoginWebAuthnForm):  # type: ignore[misc]
    credential = _credential()

    def clean_credential(self) -> Any:
        with _refusing():
            return super().clean_credential()


class ConfirmForm(theirs.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    credential = _credential()

    def clean_credential(self) -> Any:
        with _refusing():
            return super().clean_credential()
