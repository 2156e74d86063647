"""The steps that belong to journeys themselves: wait, split, exit. Others come from the packages they act in."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from vuelve.journeys.contracts import Tree
from vuelve.journeys.rules import STEP_KEY
from vuelve.platform import limits
from vuelve.platform.db import Statements
from vuelve.platform.errors import VuelveError
from vuelve.platform.extension import StepGroup, Text
from vuelve.platform.ids import ShopId
from vuelve.segments import services as segments

SQL = Statements(__file__)

DAY_SECONDS = 24 * 3600
OTHERWISE = "otherwise"


class Wait:
    """Holds a run for a time: {"days": 3} (each of 24 hours) or {"seconds": 90}."""

    key: ClassVar[str] = "wait"
    label: Text = _("Wait")
    icon: ClassVar[str] = "clock"

    def check(self, config: Mapping[str, Any], path: str, shop: ShopId) -> None:
        _no_more_than(config, {"seconds", "days"}, path)
        if len(config) != 1:
            raise _bad_step(path, "A wait has either `days` or `seconds`.")
        (unit, amount), *_rest = config.items()
        if not isinstance(amount, int) or isinstance(amount, bool) or amount < 1:
            raise _bad_step(f"{path}.{unit}", "A wait is a whole number, 1 at least.")
        if _wait_seconds(config) > limits.JOURNEY_WAIT_SECONDS_MAX:
            days_max = limits.JOURNEY_WAIT_SECONDS_MAX // DAY_SECONDS
            raise _bad_step(f"{path}.{unit}", f"A wait is at most {days_max} days.")

    def outcomes(self, config: Mapping[str, Any]) -> Sequence[str]:
        return ["done"]

    def summary(self, config: Mapping[str, Any]) -> Text:
        seconds = _wait_seconds(config)
        if seconds % DAY_SECONDS == 0:
            days = seconds // DAY_SECONDS
            return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
        if seconds % 3600 == 0:
            hours = seconds // 3600
            return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
        if seconds % 60 == 0:
            minutes = seconds // 60
            return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}

    def advance(self, group: StepGroup) -> None:
        group.cursor.execute(
            SQL["wait"],
            {
                "version": group.version_id,
                "step": group.step_key,
                "now": group.now,
                "seconds": _wait_seconds(group.config),
            },
        )


class Split:
    """Sends a run along the first branch whose conditions are true, else along `otherwise`."""

    key: ClassVar[str] = "split"
    label: Text = _("Split")
    icon: ClassVar[str] = "arrows-right-left"

    def check(self, config: Mapping[str, Any], path: str, shop: ShopId) -> None:
        _no_more_than(config, {"branches"}, path)
        branches = config.get("branches")
        if not isinstance(branches, list) or not 1 <= len(branches) <= limits.JOURNEY_BRANCHES_MAX:
            raise _bad_step(f"{path}.branches", f"A split has 1 to {limits.JOURNEY_BRANCHES_MAX} branches.")
        names: set[str] = set()
        for index, branch in enumerate(branches):
            here = f"{path}.branches[{index}]"
            if not isinstance(branch, Mapping):
                raise _bad_step(here, "A branch is an object with `name` and `conditions`.")
            _no_more_than(branch, {"name", "conditions"}, here)
            name = branch.get("name")
            if not isinstance(name, str) or not STEP_KEY.match(name) or name == OTHERWISE or name in names:
                raise _bad_step(
                    f"{here}.name", "A branch has a name of its own: a-z, 0-9 and _, not `otherwise`."
                )
            names.add(name)
            if not isinstance(branch.get("conditions"), Mapping):
                raise _bad_step(f"{here}.conditions", "A branch has conditions.")
            segments.check_condition(shop=shop, tree=branch["conditions"], path=f"{here}.conditions")

    def outcomes(self, config: Mapping[str, Any]) -> Sequence[str]:
        return [str(branch["name"]) for branch in config["branches"]] + [OTHERWISE]

    def summary(self, config: Mapping[str, Any]) -> Text:
        branches = len(config["branches"]) + 1
        return ngettext("%(count)d way", "%(count)d ways", branches) % {"count": branches}

    def conditions(self, config: Mapping[str, Any]) -> Sequence[Tree]:
        """The trees that `services.publish` prepares: their properties must be in typed columns before a run comes."""
        return [branch["conditions"] for branch in config["branches"]]

    def advance(self, group: StepGroup) -> None:
        here = {"version": group.version_id, "step": group.step_key}
        segments.open_subjects(group.cursor)
        left = group.cursor.execute(SQL["split_subjects"], here).rowcount
        for branch in group.config["branches"]:
            if not left:
                return
            condition = segments.compile_condition(shop=group.shop, tree=branch["conditions"])
            matched = condition.match(group.cursor, shop=group.shop, now=group.now)
            if matched:
                group.cursor.execute(SQL["split_branch"], here | {"branch": branch["name"]})
                # Those that this branch took are not asked again.
                group.cursor.execute(SQL["split_taken"])
                left -= matched
        if left:
            group.cursor.execute(SQL["split_rest"], here)


class Exit:
    """Where a run ends."""

    key: ClassVar[str] = "exit"
    label: Text = _("Exit")
    icon: ClassVar[str] = "flag"

    def check(self, config: Mapping[str, Any], path: str, shop: ShopId) -> None:
        _no_more_than(config, set(), path)

    def outcomes(self, config: Mapping[str, Any]) -> Sequence[str]:
        return []

    def summary(self, config: Mapping[str, Any]) -> Text:
        return ""

    def advance(self, group: StepGroup) -> None:
        """Nothing to do: a step without outcomes ends its runs."""


def _wait_seconds(config: Mapping[str, Any]) -> int:
    return int(config["days"]) * DAY_SECONDS if "days" in config else int(config["seconds"])


def _no_more_than(config: Mapping[str, Any], known: set[str], path: str) -> None:
    if unknown := sorted(str(key) for key in config.keys() - known):
        raise _bad_step(f"{path}.{unknown[0]}", "This is not known here.")


def _bad_step(path: str, what: str) -> VuelveError:
    return VuelveError("bad_step", what, field=path)
