"""What the log's own package does with a batch: it notes what was seen of each event name, for developers.

Counts are exact; properties are looked into in a sample, so that the cost of a batch is bounded whatever is sent. No
value of an event is kept: pages that show examples read them from the log.
"""

from datetime import timedelta
from typing import ClassVar

from django.utils.translation import gettext_lazy

from vuelve.events.services import SQL
from vuelve.platform import limits
from vuelve.platform.clock import Clock
from vuelve.platform.db import for_shops
from vuelve.platform.extension import EventBatch, Text
from vuelve.shops.queries import all_shop_ids


class SchemaConsumer:
    name: ClassVar[str] = "schema"
    label: ClassVar[Text] = gettext_lazy("Schema")
    is_identity: ClassVar[bool] = False
    after: ClassVar[tuple[str, ...]] = ("identity",)
    reads_log: ClassVar[bool] = True

    def names(self) -> frozenset[str] | None:
        return None

    def consume(self, batch: EventBatch) -> None:
        cursor = batch.cursor
        cursor.execute(SQL["open_schema"])
        cursor.execute(SQL["count_schema"], {**batch.span, "each_max": limits.SCHEMA_SAMPLE_OF_NAME_MAX})
        cursor.execute(SQL["bound_schema_names"], {"names_max": limits.SCHEMA_NAMES_MAX})
        cursor.execute(SQL["add_schema"])
        cursor.execute(SQL["add_schema_hours"])
        cursor.execute(SQL["sample_schema"], {"sample_max": limits.SCHEMA_SAMPLE_MAX})
        if not cursor.rowcount:
            return
        cursor.execute(
            SQL["find_schema_properties"],
            {
                "keys_max": limits.SCHEMA_KEYS_OF_EVENT_MAX,
                "property_chars_max": limits.TRAIT_NAME_CHARS_MAX,
            },
        )
        cursor.execute(SQL["drop_schema_properties"], {"properties_max": limits.SCHEMA_PROPERTIES_MAX})
        cursor.execute(SQL["add_schema_properties"])
        cursor.execute(SQL["add_schema_sampled"], {"halve_at": limits.SCHEMA_SAMPLED_MAX})
        due = [row[:3] for row in cursor.fetchall() if row[3]]
        if due:
            shops, kinds, names = (list(column) for column in zip(*due, strict=True))
            cursor.execute(SQL["halve_schema"], {"shops": shops, "kinds": kinds, "names": names})


class SchemaTick:
    """Forgets what no page shows any more."""

    name: ClassVar[str] = "schema"
    label: ClassVar[Text] = gettext_lazy("Schema")
    interval_seconds: ClassVar[float] = 3600.0

    def tick(self, clock: Clock) -> int:
        now = clock.now()
        with for_shops(all_shop_ids()) as cursor:
            cursor.execute(SQL["forget_schema"], {"before": now - timedelta(days=limits.SCHEMA_HOUR_DAYS)})
            cursor.execute(
                SQL["forget_schema_names"], {"before": now - timedelta(days=limits.SCHEMA_NAME_DAYS)}
            )
        return 0
