"""Sample data for the page of components. Made up, and shown nowhere else."""

from datetime import datetime, timedelta
from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from vuelve.platform.charts import Series, bars_over_time
from vuelve.platform.ui.components import Tab, Tile, TimelineEntry, change
from vuelve.platform.ui.paging import Page
from vuelve.platform.ui.periods import Period

TONES = ("", "good", "warn", "bad", "info", "accent")


class SampleForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), help_text=gettext_lazy("As your team calls it."))
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    purpose = forms.ChoiceField(
        label=gettext_lazy("Purpose"),
        choices=[("marketing", gettext_lazy("Marketing")), ("survey", gettext_lazy("Survey"))],
    )
    is_subscribed = forms.BooleanField(label=gettext_lazy("Subscribed"), required=False)


def samples(period: Period) -> dict[str, Any]:
    weekly = [float(5 + (n * 7) % 11) for n in range(period.days)]
    names = Locale.parse(get_language() or "en", sep="-").territories
    territories = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()]
    form = SampleForm({"name": "", "email": "ana", "purpose": "survey"})
    return {
        "form": form,
        "tones": TONES,
        "tabs": [
            Tab(_("Profile"), "#", is_current=True),
            Tab(_("Orders"), "#", count="12"),
            Tab(_("Messages"), "#"),
        ],
        "options": [("", _("All")), ("email", _("E-mail")), ("sms", "SMS")],
        "tiles": [
            Tile(
                _("Orders"),
                "1 240",
                _("Orders that were placed in the period."),
                change(1240, 1100, "1 100"),
                weekly,
            ),
            Tile(
                _("Withheld"),
                "38",
                _("Messages that the policy held back."),
                change(38, 31, "31", good="down"),
            ),
            Tile(_("Customers"), "2 469", _("Everyone who was ever seen."), change(2469, 0, "0")),
        ],
        "chart": bars_over_time(
            key="sample",
            title=_("Most messages were delivered"),
            units=_("messages per day"),
            period=period,
            series=[
                Series(_("Delivered"), weekly),
                Series(_("Withheld"), [float(n % 3) for n in range(period.days)]),
            ],
        ),
        "entries": _entries(period.end),
        "page": Page(rows=["Ana Torres", "Íñigo Paz", "Bea Núñez"], next_url="#", first_url="#"),
        "steps": [_("File"), _("Columns"), _("Preview"), _("Import")],
        "countries": sorted(territories, key=lambda pair: pair[1]),
        "first_day": period.first_day,
        "last_day": period.last_day,
    }


def _entries(now: datetime) -> list[TimelineEntry]:
    return [
        TimelineEntry(
            now - timedelta(minutes=5),
            _("Message delivered"),
            _("Thank you for your order"),
            "envelope",
            "good",
            "#",
        ),
        TimelineEntry(now - timedelta(hours=2), _("Order placed"), "MXN 1,240.00", "shopping-bag", "accent"),
        TimelineEntry(now - timedelta(days=1), _("Message withheld"), _("Quiet hours"), "pause", "warn"),
    ]
