"""Where the Iceberg tables are, and how they are laid out."""

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import pyarrow as pa
from django.db import connection, transaction
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import DayTransform, IdentityTransform
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    NestedField,
    StringType,
    TimestamptzType,
)
from sqlalchemy import URL
from sqlalchemy.exc import IntegrityError

from vuelve.lake import writing
from vuelve.lake.shredding import DECIMAL_DIGITS, DECIMAL_SCALE, LISTS
from vuelve.platform import env
from vuelve.platform.db import raw_cursor
from vuelve.platform.extension import LakeTable, LakeType, registry

NAMESPACE = "vuelve"
EVENTS = "events"
CURSOR = "vuelve.cursor"  # of the events: up to where in the log, `xid:seq`; moved in the commit of the rows
MISSED = "vuelve.missed"  # '1': customers' rows were passed over while the flusher caught up, and are to be copied whole

ICEBERG: Mapping[LakeType, IcebergType] = {
    LakeType.WHOLE: LongType(),
    LakeType.SMALL: IntegerType(),
    LakeType.TEXT: StringType(),
    LakeType.BOOLEAN: BooleanType(),
    LakeType.TIME: TimestamptzType(),
    LakeType.DAY: DateType(),
    LakeType.NUMBER: DecimalType(24, 6),
}
ARROW: Mapping[LakeType, pa.DataType] = {
    LakeType.WHOLE: pa.int64(),
    LakeType.SMALL: pa.int32(),
    LakeType.TEXT: pa.string(),
    LakeType.BOOLEAN: pa.bool_(),
    LakeType.TIME: pa.timestamp("us", "UTC"),
    LakeType.DAY: pa.date32(),
    LakeType.NUMBER: pa.decimal128(24, 6),
}
PROPERTY_TYPES: dict[str, IcebergType] = {
    "text": StringType(),
    "whole": LongType(),
    "decimal": DecimalType(DECIMAL_DIGITS, DECIMAL_SCALE),
    "boolean": BooleanType(),
    "json": StringType(),
}
# Elements are given their ids when the column is added.
PROPERTY_TYPES |= {
    listed: ListType(element_id=-1, element_type=PROPERTY_TYPES[kind], element_required=False)
    for kind, listed in LISTS.items()
}

# The log's columns but for properties, which are typed columns and `rest`.
EVENT_COLUMNS: Mapping[str, LakeType] = {
    "shop_id": LakeType.WHOLE,
    "seq": LakeType.WHOLE,
    "xid": LakeType.WHOLE,
    "customer_id": LakeType.WHOLE,
    "kind": LakeType.SMALL,
    "origin": LakeType.SMALL,
    "historical": LakeType.BOOLEAN,
    "occurred_at": LakeType.TIME,
    "received_at": LakeType.TIME,
    "name": LakeType.TEXT,
    "source": LakeType.TEXT,
    "message_id": LakeType.TEXT,
    "user_id": LakeType.TEXT,
    "anonymous_id": LakeType.TEXT,
    "email": LakeType.TEXT,
    "phone": LakeType.TEXT,
    "context": LakeType.TEXT,
}
REST = "rest"

_LAYOUT = {
    # A commit that is tried again by itself has the rows twice: we look at the cursor first, and try again ourselves.
    "commit.retry.num-retries": "0",
    "write.parquet.compression-codec": "zstd",
    "write.parquet.compression-level": "3",
    "write.parquet.row-group-limit": "122880",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "10",
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "10",
}


def warehouse() -> str:
    """The folder or object store, as a URL."""
    return env.get("VUELVE_LAKE_URL") or (env.home() / "lake").as_uri()


def catalogue() -> SqlCatalog:
    """On the database and in the role of this process; not made in a fork's parent."""
    found = connection.settings_dict
    options = found.get("OPTIONS", {})
    query = {
        key: str(value) for key, value in options.items() if key in ("options", "sslmode", "sslrootcert")
    }
    url = URL.create(
        "postgresql+psycopg",
        username=found["USER"] or None,
        password=found["PASSWORD"] or None,
        database=found["NAME"],
        query=query
        | ({"host": found["HOST"]} if found["HOST"] else {})
        | ({"port": str(found["PORT"])} if found["PORT"] else {}),
    )
    return _catalogue(url.render_as_string(hide_password=False), warehouse(), os.getpid())


@lru_cache(maxsize=4)
def _catalogue(url: str, folder: str, process: int) -> SqlCatalog:
    writing.use()
    return SqlCatalog(NAMESPACE, uri=url, warehouse=folder, init_catalog_tables="false", pool_pre_ping="true")


def customer_tables() -> list[LakeTable]:
    """All but the events."""
    return list(registry.lake)


def event_schema() -> Schema:
    columns = {**EVENT_COLUMNS, REST: LakeType.TEXT}
    return _schema(columns)


def _schema(columns: Mapping[str, LakeType]) -> Schema:
    return Schema(
        *(
            NestedField(number, name, ICEBERG[kind], required=False)
            for number, (name, kind) in enumerate(columns.items(), start=1)
        )
    )


def columns_of(table: LakeTable) -> dict[str, LakeType]:
    """With the shop, the customer, and the version of the writing."""
    return {
        "shop_id": LakeType.WHOLE,
        "customer_id": LakeType.WHOLE,
        "version": LakeType.WHOLE,
        "is_row": LakeType.BOOLEAN,  # false: at this version the customer had no row
        **table.columns,
    }


def versions() -> dict[str, str]:
    """Where the newest state of each table is described; what has not changed since need not be planned anew. One query."""
    with transaction.atomic():
        rows = (
            raw_cursor()
            .execute(
                "SELECT table_name, metadata_location FROM iceberg_tables WHERE catalog_name = %s AND table_namespace = %s",
                [catalogue().name, NAMESPACE],
            )
            .fetchall()
        )
    return {row[0]: row[1] for row in rows}


def find(name: str) -> Table | None:
    """None if nothing was flushed yet."""
    try:
        return catalogue().load_table((NAMESPACE, name))
    except NoSuchTableError:
        return None


def events_table() -> Table:
    """Made when it is first asked for."""
    return find(EVENTS) or _create(EVENTS, event_schema(), by_day="received_at")


def table_of(table: LakeTable) -> Table:
    return find(table.name) or _create(table.name, _schema(columns_of(table)))


def _create(name: str, schema: Schema, by_day: str = "") -> Table:
    shop = schema.find_field("shop_id").field_id
    fields = [PartitionField(shop, 1000, IdentityTransform(), "shop_id")]
    if by_day:
        fields.append(
            PartitionField(schema.find_field(by_day).field_id, 1001, DayTransform(), f"{by_day}_day")
        )
    made = catalogue()
    with suppress(IntegrityError):  # somebody else was quicker
        made.create_namespace_if_not_exists((NAMESPACE,))
    properties: dict[str, Any] = dict(_LAYOUT)
    return made.create_table_if_not_exists(
        (NAMESPACE, name), schema=schema, partition_spec=PartitionSpec(*fields), properties=properties
    )
