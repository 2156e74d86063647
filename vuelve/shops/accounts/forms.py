from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vuelve.shops.models import Member


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)


class PasswordForm(forms.Form):
    """A new password. The old one is asked for unless the session began with a one-time link."""

    current = forms.CharField(
        label=gettext_lazy("Current password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=200,
        strip=False,
        help_text=gettext_lazy("At least 10 characters, and none that everybody knows."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, member: Member, needs_current: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        if not needs_current:
            del self.fields["current"]

    def clean_current(self) -> str:
        from allauth.account.adapter import get_adapter

        current: str = self.cleaned_data["current"]
        if not get_adapter().reauthenticate(self.member, current):
            raise forms.ValidationError(_("This is not your password, or there were too many attempts."))
        return current

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.member)
        return new
