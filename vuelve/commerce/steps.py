"""The journey step `issue_coupon`: {"percent": 10} or {"amount_minor": 5000, "currency": "MXN"}, "valid_days" (7 if
missing), "output" (`coupon` if missing). Leaves by `issued`.

Later steps and templates find the coupon under the output's name: {"code", "percent" | "amount_minor" and "currency",
"expires_at" (instant), "expires_on" (the last day it is valid, in the shop's zone)}.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from vuelve.commerce.rules.coupons import check_coupon_terms, is_output_name
from vuelve.commerce.services import SQL, issue_staged, open_coupons
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import StepGroup, Text, registry
from vuelve.platform.ids import ShopId
from vuelve.platform.money import Money
from vuelve.shops.queries import facts

OUTPUT_DEFAULT = "coupon"
_FIELDS = frozenset({"percent", "amount_minor", "currency", "valid_days", "output"})


class IssueCouponStep:
    """Issues one coupon a run: the same one if the step is taken again, expiry included."""

    key: ClassVar[str] = "issue_coupon"
    label: Text = _("Issue a coupon")
    icon: ClassVar[str] = "ticket"

    def check(self, config: Mapping[str, Any], path: str, shop: ShopId) -> None:
        for name in sorted(config.keys() - _FIELDS):
            raise VuelveError(
                "coupon_unknown_field",
                f"A coupon has no `{name}`.",
                field=f"{path}.{name}",
                hint=f"It has {', '.join(sorted(_FIELDS))}.",
            )
        check_coupon_terms(config, path)
        output = config.get("output", OUTPUT_DEFAULT)
        if not is_output_name(output) or output in registry.liquid:
            raise VuelveError(
                "coupon_output",
                "`output` must be a name that templates can use and that is not taken.",
                field=f"{path}.output",
                hint="Lower case letters, digits and underscores, such as `coupon`.",
            )

    def outcomes(self, config: Mapping[str, Any]) -> Sequence[str]:
        return ("issued",)

    def summary(self, config: Mapping[str, Any]) -> Text:
        terms = check_coupon_terms(config, "config")
        if terms.percent is not None:
            value = gettext("%(percent)d %% off") % {"percent": terms.percent}
        else:
            amount = Money(terms.amount_minor or 0, terms.currency or "")
            value = gettext("%(amount)s off") % {"amount": amount.format(get_language() or "en")}
        days = ngettext("%(count)d day", "%(count)d days", terms.valid_days) % {"count": terms.valid_days}
        return f"{value}, {days}"

    def advance(self, group: StepGroup) -> None:
        cursor, shop = group.cursor, facts(group.shop)
        parameters = {
            "shop": group.shop,
            "version": group.version_id,
            "step_key": group.step_key,
            "output": group.config.get("output", OUTPUT_DEFAULT),
            "zone": shop.time_zone,
        }
        open_coupons(cursor)
        cursor.execute(SQL["want_coupons"], parameters)
        issue_staged(cursor, shop=shop, terms=check_coupon_terms(group.config, "config"), now=group.now)
        cursor.execute(SQL["hand_over_coupons"], parameters)
