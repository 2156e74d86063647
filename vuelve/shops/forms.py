from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.db import models
from django.utils.translation import gettext_lazy as _

from vuelve.shops.models import KeyKind, Member, Role
from vuelve.shops.scopes import Scope
from vuelve.shops.services_members import EMAIL_CHARS_MAX


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), max_length=EMAIL_CHARS_MAX)
    role = forms.ChoiceField(label=_("Role"), choices=())

    def __init__(self, *args: Any, roles: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in Role if role in roles]  # type: ignore[attr-defined]


class JoinForm(forms.Form):
    """Of somebody who has no account yet. `email`: the invitation's."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        help_text=_("At least 10 characters, and none that everybody knows."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, Member(email=self.email, name=self.cleaned_data.get("name", "")))
        return password


class KeyAccess(models.TextChoices):
    FULL = "full", _("Everything that a key of this kind may do")
    LIMITED = "limited", _("Only what I choose (secret keys)")


class KeyForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=KeyKind.choices,
        help_text=_(
            "A write key only sends events and may stand in a browser. A secret key is for your own servers."
        ),
    )
    label = forms.CharField(label=_("What it is for"), max_length=60, required=False)
    access = forms.ChoiceField(
        label=_("What it may do"), choices=KeyAccess.choices, initial=KeyAccess.FULL, widget=forms.RadioSelect
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    def clean(self) -> dict[str, Any]:
        """`scopes` becomes None where the key is not limited: a box that is not ticked must never mean everything."""
        cleaned: dict[str, Any] = super().clean() or {}
        is_limited = cleaned.get("access") == KeyAccess.LIMITED
        if not is_limited:
            cleaned["scopes"] = None
        elif cleaned.get("kind") == KeyKind.WRITE:
            self.add_error("scopes", _("A write key only sends events: it has no scopes."))
        elif not cleaned.get("scopes") and "scopes" not in self.errors:
            self.add_error("scopes", _("Choose at least one."))
        return cleaned
