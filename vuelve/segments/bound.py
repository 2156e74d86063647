"""What a compiled condition is told when it runs: the shop and the instant.

In the expression they are functions without a body. Nobody can write a call of one in a condition (conditions hold
only values), so that replacing the calls in the syntax tree by placeholders can hit nothing else.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import ibis
import sqlglot.expressions as sge

from vuelve.platform.conditions import TIME_TYPE
from vuelve.platform.ids import ShopId

if TYPE_CHECKING:
    import ibis.expr.types as ir

SHOP, NOW, START = "vuelve_shop", "vuelve_now", "vuelve_start"


def _without_body(*arguments: Any) -> Any:
    raise NotImplementedError


def _function(name: str, arguments: tuple[str, ...], result: str) -> Any:
    return ibis.udf.scalar.builtin(name=name, signature=(arguments, result))(_without_body)


the_shop: "Callable[[], ir.IntegerScalar]" = _function(SHOP, (), "int64")

# The instant for which the condition is evaluated: what happened later has not happened.
the_instant: "Callable[[], ir.TimestampScalar]" = _function(NOW, (), TIME_TYPE)

# So many times 24 hours before the instant.
the_start: "Callable[[int], ir.TimestampScalar]" = _function(START, ("int64",), TIME_TYPE)


def bind(statement: sge.Expression) -> tuple[sge.Expression, frozenset[str]]:
    """The statement with a typed placeholder for each bound value, and the placeholders' names."""
    names: set[str] = set()

    def placeholder(node: sge.Expression) -> sge.Expression:
        if not isinstance(node, sge.Anonymous):
            return node
        call = str(node.this).lower()
        if call == SHOP:
            name, kind = "shop", "BIGINT"
        elif call == NOW:
            name, kind = "now", "TIMESTAMPTZ"
        elif call == START:
            name, kind = f"start_{int(node.expressions[0].this)}", "TIMESTAMPTZ"
        else:
            return node
        names.add(name)
        return sge.cast(sge.Placeholder(this=name), kind)

    return statement.transform(placeholder), frozenset(names)


def values(names: frozenset[str], *, shop: ShopId, now: datetime) -> dict[str, Any]:
    """What to bind to the placeholders."""
    bound: dict[str, Any] = {"shop": shop, "now": now}
    for name in names:
        if name.startswith("start_"):
            bound[name] = now - timedelta(days=int(name.removeprefix("start_")))
    return bound
