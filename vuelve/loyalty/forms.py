"""What members say of a programme and of points, in the words and units of a form."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vuelve.loyalty.contracts import NOTE_CHARS_MAX, POINTS_MAX
from vuelve.loyalty.models import Expiry, Programme
from vuelve.platform.money import Money, minor_digits, to_decimal, to_minor

AMOUNT_MAX = 1_000_000


class ProgrammeForm(forms.Form):
    """`choices()` are the fields of a Programme; amounts are in major units of `currency`."""

    name = forms.CharField(label=_("Name"), max_length=80)
    is_live = forms.BooleanField(
        label=_("Customers earn points"),
        required=False,
        help_text=_("Off: what they have stays, nobody earns."),
    )
    rate_points = forms.IntegerField(label=_("Points"), min_value=1, max_value=POINTS_MAX)
    amount = forms.DecimalField(
        label=_("for each full"),
        help_text=_("Of what is paid for the articles, after discounts. Rounded down, once an order."),
        min_value=Decimal("0.01"),
        max_value=AMOUNT_MAX,
    )
    includes_shipping = forms.BooleanField(label=_("Shipping counts, too"), required=False)
    includes_tax = forms.BooleanField(label=_("Taxes count, too"), required=False)
    approval_days = forms.IntegerField(
        label=_("Days until points can be spent"),
        help_text=_("0: at once. As long as your customers may return what they bought is a good choice."),
        min_value=0,
        max_value=365,
    )
    expiry = forms.ChoiceField(
        label=_("Points expire"),
        choices=Expiry.choices,
        help_text=_(
            "A change expires nothing at once: points count from today. Customers can be told 30 and 7 days before."
        ),
    )
    expiry_months = forms.IntegerField(label=_("Months"), min_value=1, max_value=120)
    expiry_day = forms.IntegerField(label=_("Day"), min_value=1, max_value=31)
    expiry_month = forms.IntegerField(label=_("Month"), min_value=1, max_value=12)
    allows_debt = forms.BooleanField(
        label=_("The balance may fall below zero"),
        required=False,
        help_text=_(
            "When something is returned whose points are spent. Otherwise it stops at zero, and you see what is short."
        ),
    )
    counts_history = forms.BooleanField(
        label=_("Orders from before earn, too"),
        required=False,
        help_text=_("Imported orders, and those placed before the programme began."),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        amount = self.fields["amount"]
        amount.label = f"{amount.label} ({currency})"
        amount.widget.attrs["step"] = str(Decimal(1).scaleb(-minor_digits(currency)))

    @classmethod
    def of(cls, programme: Programme) -> "ProgrammeForm":
        initial = {name: getattr(programme, name) for name in cls.base_fields if hasattr(programme, name)}
        initial["amount"] = to_decimal(Money(programme.rate_minor, programme.currency))
        return cls(initial=initial, currency=programme.currency)

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if to_minor(amount, self.currency) < 1:
            raise forms.ValidationError(_("This is less than the smallest coin."))
        return amount

    def choices(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        found["rate_minor"] = to_minor(found.pop("amount"), self.currency)
        return found


class AdjustForm(forms.Form):
    points = forms.IntegerField(
        label=_("Points"),
        help_text=_("Above zero: given. Below zero: taken."),
        min_value=-POINTS_MAX,
        max_value=POINTS_MAX,
    )
    note = forms.CharField(
        label=_("Reason"), max_length=NOTE_CHARS_MAX, help_text=_("Your team reads it in the statement.")
    )
    # Made with the form: sent twice it is one adjustment.
    key = forms.CharField(widget=forms.HiddenInput, max_length=100)

    def clean_points(self) -> int:
        points: int = self.cleaned_data["points"]
        if points == 0:
            raise forms.ValidationError(_("Zero points change nothing."))
        return points
