"""Files and imports for tests."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vuelve.events.sources.csv import detecting, preparing, running, store
from vuelve.events.sources.csv.contracts import Counts
from vuelve.events.sources.csv.mapping import FileMap, from_toml
from vuelve.platform.clock import VirtualClock
from vuelve.platform.db import for_shop
from vuelve.platform.ids import ShopId
from vuelve.shops.models import Shop

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

ORDERS = """
kind = "orders"
[columns]
order_id = "id"
ordered_at = "at"
email = "email"
total = "total"
sku = "sku"
quantity = "qty"
price = "price"
"""


def settle(shop: Shop, path: Path, map: str | FileMap) -> FileMap:
    given = from_toml(map) if isinstance(map, str) else map
    sample = preparing.look(
        path, detecting.fingerprint(path), encoding=given.encoding, delimiter=given.delimiter
    )
    return preparing.settle(given, sample, preparing.shop_facts(ShopId(shop.pk)))[0]


def begin(shop: Shop, path: Path, map: str | FileMap) -> int:
    return store.create(
        shop=ShopId(shop.pk),
        path=path,
        file_name=path.name,
        found=detecting.fingerprint(path),
        by="test",
        now=NOW,
        is_upload=False,
        map=settle(shop, path, map),
    )


def go_on(shop: Shop, import_id: int, **more: Any) -> Counts:
    return running.run(shop=ShopId(shop.pk), import_id=import_id, clock=VirtualClock(NOW), **more)


def run(shop: Shop, path: Path, map: str | FileMap, **more: Any) -> Counts:
    return go_on(shop, begin(shop, path, map), **more)


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join(lines).encode(encoding) + b"\n")
    return path


def logged(shop: Shop) -> list[tuple[str, str, str | None, dict[str, Any], bool, datetime]]:
    """name, message id, e-mail, properties, historical, time; in the order of the log."""
    with for_shop(ShopId(shop.pk)) as cursor:
        return cursor.execute(
            "SELECT name, message_id, email, properties, historical, occurred_at FROM events_event "
            "WHERE shop_id = %s ORDER BY xid, seq",
            [shop.pk],
        ).fetchall()


def keys_left(shop: Shop) -> int:
    with for_shop(ShopId(shop.pk)) as cursor:
        row = cursor.execute(
            "SELECT count(*) FROM events_import_key WHERE shop_id = %s", [shop.pk]
        ).fetchone()
        assert row is not None
        return int(row[0])


def rejected(path: Path) -> list[list[str]]:
    import csv

    with path.with_name(path.name + ".rejects.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def as_json(counts: Counts) -> str:
    return json.dumps(counts.as_json(), sort_keys=True)
