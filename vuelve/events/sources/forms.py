"""The form that connects a store."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vuelve.events.sources.connecting import SECRET_CHARS_MAX


def _secret(label: Any, help_text: Any) -> forms.CharField:
    # Not a password of the member: a browser must neither fill it in nor offer to keep it.
    widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false", "data-1p-ignore": ""})
    return forms.CharField(label=label, help_text=help_text, max_length=SECRET_CHARS_MAX, widget=widget)


class ConnectForm(forms.Form):
    domain = forms.CharField(
        label=_("Address of the store"),
        help_text=_("As in the address bar of your Shopify admin: tienda.myshopify.com"),
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "tienda.myshopify.com", "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    token = _secret(
        _("Client ID, or access token"),
        _(
            "The app's Client ID in Shopify's Dev Dashboard. An older app that was made in the store's admin has an access token instead, which begins with shpat_."
        ),
    )
    secret = _secret(
        _("Secret"), _("The app's secret (API secret key). It proves that a webhook is from your store.")
    )


class SecretForm(forms.Form):
    secret = _secret(_("New secret"), _("The one before stays valid for three days, for what is on its way."))
