"""Products: a row is `Product Updated`, `csv:products:<product id>:<hash of what it says>`."""

from typing import Any

from vuelve.events.sources.csv.contracts import Refusal, Row, Unit
from vuelve.events.sources.csv.kinds.rows import NOBODY, TRACK, RefusedError, event, once, read, short_hash
from vuelve.events.sources.csv.mapping import Plan

_PLAIN = (
    "product_id",
    "sku",
    "name",
    "categories",
    "brand",
    "price",
    "stock",
    "is_active",
    "image_url",
    "url",
)


def product_unit(plan: Plan, row: Row) -> Unit:
    fields = read(plan.cells, row.cells, dict(plan.constants), plan.header)
    if "product_id" not in fields:
        raise RefusedError(Refusal("product_id_missing", "The row has no product id.", "product_id"))
    properties: dict[str, Any] = {name: fields[name] for name in _PLAIN if name in fields}
    if "stock" in properties:
        properties["stock"] = int(float(properties["stock"]))
    if "price" in properties:
        properties["currency"] = fields.get("currency") or plan.map.currency
    stated = fields.get("updated_at")
    key = short_hash([properties, stated])
    message_id = once("products", fields["product_id"], key)
    return Unit(
        [row], [event(TRACK, "Product Updated", stated or plan.as_of, message_id, NOBODY, properties)]
    )
