"""Questions to the lake on a Spark cluster: the views of `reading.py`, for shops whose history outgrows one machine.

The driver is this process (with a JVM that pyspark starts), the executors are the cluster's; they read the Parquet files by
themselves. pyspark is an extra: nothing here imports it before a cluster was named in the settings.
"""

import os
import re
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pyiceberg.table import Table

from vuelve.events.consuming import Position
from vuelve.lake.shredding import DECIMAL_DIGITS, DECIMAL_SCALE
from vuelve.lake.views import NUMBER, Asked, Views, Words, lake_versions
from vuelve.platform import env, limits
from vuelve.platform.clock import monotonic_seconds
from vuelve.platform.extension import LakeType
from vuelve.platform.ids import ShopId

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What makes Spark mean what PostgreSQL means; the rest is the cluster's own (spark-defaults.conf).
MEANING = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # an overflow is an error, not a null; and 0.000000000000 is not written 0E-12
    "spark.sql.caseSensitive": "true",
    "spark.sql.parser.escapedStringLiterals": "false",  # `_quoted` and the compiler's SQL both count on it
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
}


class SparkLostError(Exception):
    """The cluster cannot be used just now; the message says why."""


@dataclass(frozen=True, slots=True)
class SparkLake:
    """A session whose views are those of one shop. `position`: up to where in the log it has all."""

    session: "SparkSession"
    position: Position


@dataclass(slots=True)
class _Process:
    """The one driver of this process, and until when a cluster that has failed is left alone (monotonic seconds)."""

    driver: "SparkSession | None" = None
    lost_until: float = 0.0


_local = threading.local()
_starting = threading.Lock()
_process = _Process()


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_IS_NUMBER = _quoted(rf"\A{NUMBER}\z")
_BEGINS_WITH_DATE = _quoted(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AT_24 = _quoted(r"\A.{10}[T ]24:00(:00([.]0+)?)?([^0-9:.].*)?\z")


# A number of a JSON text, and all that comes before it since the last one: whole strings, and what is neither. Nothing in it is
# tried twice (`+` after a repetition), so that a long text costs neither time nor stack.
_UP_TO_NUMBER = _quoted(r'\G((?:[^"0-9-]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+)(-?[0-9][0-9.eE+-]*+)')
_NUMBERS_AS_TEXTS = f"regexp_replace(rest, {_UP_TO_NUMBER}, '$1\"$2\"')"


def _in_rest(name: str) -> str:
    """As a map and not by a path: no path of Spark's can say a name with an apostrophe in it. Spark reads a number as a double
    and writes 0.000001 as 1.0E-6, so numbers are made texts first; but not those within a list or an object.
    """
    found = f"try_element_at(from_json(rest, 'MAP<STRING, STRING>'), {_quoted(name)})"
    spelled = f"try_element_at(from_json({_NUMBERS_AS_TEXTS}, 'MAP<STRING, STRING>'), {_quoted(name)})"
    return f"CASE WHEN left({found}, 1) IN ('[', '{{') THEN {found} ELSE {spelled} END"


def _time(column: str) -> str:
    """As DuckDB's: what PostgreSQL takes for an instant and begins with a date. Spark knows no 24:00, the end of a day."""
    looks = f"{column} RLIKE {_BEGINS_WITH_DATE} AND length({column}) <= 40"
    midnight = f"try_cast(overlay({column} PLACING '00' FROM 12 FOR 2) AS TIMESTAMP) + INTERVAL '24' HOUR"
    return (
        f"CASE WHEN {looks} AND {column} RLIKE {_AT_24} THEN {midnight} "
        f"WHEN {looks} THEN try_cast({column} AS TIMESTAMP) END"
    )


SPARK = Words(
    types={
        LakeType.WHOLE: "BIGINT",
        LakeType.SMALL: "INT",
        LakeType.TEXT: "STRING",
        LakeType.BOOLEAN: "BOOLEAN",
        LakeType.TIME: "TIMESTAMP",
        LakeType.DAY: "DATE",
        LakeType.NUMBER: "DECIMAL(24, 6)",
    },
    listed=lambda kind: f"ARRAY<{kind}>",
    name=lambda name: "`" + name.replace("`", "``") + "`",
    text=_quoted,
    in_rest=_in_rest,
    is_number=lambda column: f"{column} RLIKE {_IS_NUMBER}",
    time=_time,
)
# As Iceberg writes its types.
_OF_ICEBERG = {
    "long": "BIGINT",
    "int": "INT",
    "string": "STRING",
    "boolean": "BOOLEAN",
    "timestamptz": "TIMESTAMP",
    "date": "DATE",
    "decimal(24, 6)": "DECIMAL(24, 6)",
    f"decimal({DECIMAL_DIGITS}, {DECIMAL_SCALE})": f"DECIMAL({DECIMAL_DIGITS}, {DECIMAL_SCALE})",
}


class _Kept(Views):
    """What a thread keeps: a session with views of its own on the process's one driver."""

    words = SPARK

    def __init__(self, driver: "SparkSession") -> None:
        super().__init__()
        self.driver, self.session = driver, driver.newSession()
        for name, value in MEANING.items():
            self.session.conf.set(name, value)

    def define(self, name: str, query: str) -> None:
        self.session.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {query}")

    def read(self, table: Table, name: str, files: list[str]) -> str:
        """With the table's columns, so that no file is opened for its own, and one that has not met a property yet has nulls."""
        columns = [f"{SPARK.name(each.name)} {_spark(each.field_type)}" for each in table.schema().fields]
        rows = self.session.read.schema(", ".join(columns)).parquet(*files)
        rows.createOrReplaceTempView(f"files_of_{name}")
        return f"files_of_{name}"


@contextmanager
def spark_lake_of(
    shop: ShopId, *, since: datetime | None = None, asked: Iterable[Asked] | None = ()
) -> Iterator[SparkLake]:
    """As `reading.lake_of`, on the cluster. Raises SparkLostError, LakeEmptyError, and what a lost store raises."""
    versions = lake_versions()
    kept = _warm()
    with _given_up_in_time(kept.session):
        kept.show(versions, shop, since, asked)
        yield SparkLake(kept.session, kept.position)


def executors(session: "SparkSession") -> int:
    """How many executors the cluster has given to this process."""
    context = session.sparkContext._jsc.sc()
    known = len(context.statusTracker().getExecutorInfos())
    return known if context.isLocal() else known - 1  # of a cluster the driver is counted with them


def forget_failure() -> None:
    """Ask the cluster again, whatever happened."""
    _process.lost_until = 0.0


def forget_driver() -> None:
    """Let go of the cluster."""
    with _starting:
        driver, _process.driver = _process.driver, None
        if driver is not None:
            driver.stop()


def _warm() -> _Kept:
    """Looks whether the cluster is there before each use: Spark itself would wait for minutes, or for ever."""
    if monotonic_seconds() < _process.lost_until:
        raise SparkLostError("it has failed a moment ago")
    master = env.get("VUELVE_SPARK_MASTER")
    _reach(master)
    with _starting:
        if _process.driver is not None and _process.driver.sparkContext._jsc.sc().isStopped():
            _process.driver.stop()  # the cluster has ended it
            _process.driver = None
        driver = _process.driver = _process.driver or _start(master)
    kept: _Kept | None = getattr(_local, "kept", None)
    if kept is None or kept.driver is not driver:
        kept = _local.kept = _Kept(driver)
    _wait_for_executors(kept.session)
    return kept


def _start(master: str) -> "SparkSession":
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkLostError("pyspark is not installed: pip install 'vuelve[spark]'") from error
    try:
        return (
            SparkSession.builder.master(master)
            .appName("Vuelve")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .getOrCreate()
        )
    except _failures() as error:
        raise SparkLostError(str(error).partition("\n")[0]) from error


def _failures() -> tuple[type[Exception], ...]:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return (Py4JError, PySparkException)


def _reach(master: str) -> None:
    """Raise SparkLostError if no master of a standalone cluster answers; of other kinds of clusters nothing is asked."""
    if not master.startswith("spark://"):
        return
    for host, port in re.findall(r"([^/,]+):(\d+)", master.removeprefix("spark://")):
        with suppress(OSError):
            socket.create_connection(
                (host.strip("[]"), int(port)), timeout=limits.SPARK_REACH_SECONDS
            ).close()
            return
    raise SparkLostError(f"nobody answers at {master}")


def _wait_for_executors(session: "SparkSession") -> None:
    until = monotonic_seconds() + limits.SPARK_EXECUTORS_SECONDS
    while executors(session) < 1:
        if monotonic_seconds() > until:
            raise SparkLostError("the cluster has given no executor")
        time.sleep(limits.SPARK_POLL_SECONDS)


@contextmanager
def _given_up_in_time(session: "SparkSession") -> Iterator[None]:
    """A cluster that has lost its executors answers nothing at all: after a time it is not waited for. Whatever fails, the next
    to ask finds the cluster lost for a while, so that a job that is tried again goes elsewhere.
    """
    context = session.sparkContext
    group = f"vuelve-{os.getpid()}-{threading.get_ident()}"
    context.setJobGroup(group, "a shop's segments", interruptOnCancel=True)
    alarm = threading.Timer(limits.SPARK_SECONDS_MAX, context.cancelJobGroup, [group])
    alarm.daemon = True
    alarm.start()
    try:
        yield
    except _failures():
        _process.lost_until = monotonic_seconds() + limits.SPARK_RETRY_SECONDS
        raise
    finally:
        alarm.cancel()


def _spark(kind: Any) -> str:
    listed = getattr(kind, "element_type", None)
    return SPARK.listed(_spark(listed)) if listed is not None else _OF_ICEBERG[str(kind)]
