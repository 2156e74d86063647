"""The journey step `award_points`: {"points": 50, "reference": "welcome"}; `reference` may be missing. Leaves by `awarded`,
or by `no_programme` where the shop has none that is live.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from vuelve.loyalty.contracts import POINTS, POINTS_MAX
from vuelve.loyalty.rules import expires_at
from vuelve.loyalty.services.batches import SQL, open_batches, post_awards, tell
from vuelve.loyalty.services.earning import hold_merges
from vuelve.loyalty.services.programmes import live_terms
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import StepGroup, Text
from vuelve.platform.ids import ShopId

REFERENCE_CHARS_MAX = 100
_FIELDS = frozenset({"points", "reference"})


class AwardPointsStep:
    """Awards once a run: the same points if the step is taken again."""

    key: ClassVar[str] = "award_points"
    label: Text = _("Award points")
    icon: ClassVar[str] = "star"

    def check(self, config: Mapping[str, Any], path: str, shop: ShopId) -> None:
        for name in sorted(config.keys() - _FIELDS):
            raise VuelveError(
                "points_unknown_field",
                f"An award has no `{name}`.",
                field=f"{path}.{name}",
                hint=f"It has {', '.join(sorted(_FIELDS))}.",
            )
        points = config.get("points")
        if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= POINTS_MAX:
            raise VuelveError(
                "points_invalid",
                f"Points are a whole number from 1 to {POINTS_MAX}.",
                field=f"{path}.points",
            )
        reference = config.get("reference", "")
        if not isinstance(reference, str) or len(reference) > REFERENCE_CHARS_MAX or "\x00" in reference:
            raise VuelveError(
                "points_reference",
                f"A reference has at most {REFERENCE_CHARS_MAX} characters.",
                field=f"{path}.reference",
            )

    def outcomes(self, config: Mapping[str, Any]) -> Sequence[str]:
        return ("awarded", "no_programme")

    def summary(self, config: Mapping[str, Any]) -> Text:
        points = int(config["points"])
        return ngettext("%(count)s point", "%(count)s points", points) % {"count": f"{points:,}"}

    def advance(self, group: StepGroup) -> None:
        cursor = group.cursor
        terms = next((each for each in live_terms() if each.shop == group.shop), None)
        here = {
            "shop": group.shop,
            "version": group.version_id,
            "step_key": group.step_key,
            "outcome": "no_programme" if terms is None else "awarded",
        }
        if terms is not None:
            hold_merges(cursor, is_merging=False)
            open_batches(cursor)
            cursor.execute(
                SQL["stage_step_awards"],
                here
                | {
                    "unit": POINTS,
                    "points": group.config["points"],
                    "reference": group.config.get("reference", ""),
                    "now": group.now,
                    "expires_at": expires_at(terms, group.now),
                },
            )
            post_awards(cursor, now=group.now)
            tell(cursor, now=group.now)
        cursor.execute(SQL["leave_step"], here)
