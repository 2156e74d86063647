"""The contracts of every extension point, and the registry that holds what is plugged in.

A package offers an implementation in the file named for it (`steps.py`, `conditions.py`, ...);
`config/wiring.py` lists each one explicitly. Nothing is discovered, nothing is imported by name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django.utils.functional import Promise

from vuelve.platform.clock import Clock
from vuelve.platform.db import Cursor
from vuelve.platform.ids import CustomerId, MessageId, ShopId
from vuelve.platform.stores import PrivacyDesk, StoreHoldings, StoreKind, StoreSource

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from django.http import HttpRequest

    from vuelve.platform.ui.components import SearchGroup

Text = str | Promise  # a label; lazily translated where a person sees it


# --- consumers.py: what I do with a batch of events -------------------------------------------


@dataclass(frozen=True, slots=True)
class EventBatch:
    """A batch in `pg_temp.event_batch`: all columns of `events_event`, `customer_id` stamped (but for identity).

    The consumer runs set-based statements on `cursor`; its effects and the move of its cursor commit together.
    """

    cursor: Cursor
    now: datetime
    rows: int
    # Parameters of a statement that reads the batch out of the log itself (see `events/sql/fill_batch.sql`).
    span: Mapping[str, Any] = field(default_factory=dict)


class Consumer(Protocol):
    """`label` (optional) is what people call it. With `reads_log = True` a consumer reads `batch.span` of the log by itself, and nothing is copied for it: right for
    one that looks at little of each event, since the copy costs half of a batch. Events of `ownerless` names (optional)
    are also read where they are nobody's, by one shard and with `customer_id` null: a catalogue is nobody's. All other
    events without an identifier are read by nobody.
    """

    name: ClassVar[str]
    is_identity: ClassVar[bool]  # reads ahead of all others, one at a time, and stamps customer_id
    after: ClassVar[
        tuple[str, ...]
    ]  # consumers whose effects this one looks at: it stays behind their cursors

    def names(self) -> frozenset[str] | None:
        """The event names that matter now; None for all. Others are passed over without being copied."""
        ...

    def consume(self, batch: EventBatch) -> None: ...


# --- conditions.py: leaves of condition trees ---------------------------------------------------


class ValueType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    TIME = "time"


class Grain(StrEnum):
    """Whose rows a leaf looks at."""

    PROFILE = "profile"  # what is kept once a customer: rows under the id that a merge has left
    CUSTOMER = "customer"  # what a customer did: also rows recorded under ids that were merged into theirs
    TRIGGER = "trigger"  # one event: as CUSTOMER, and `seq` is that of the event which is looked at


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that leaves count or sum: an unbound Ibis table, or a join of some, that all engines can read.

    `rows` has the columns shop_id and customer_id, and for TRIGGER seq. The compiler limits them to one shop, to
    the customers asked about, and to what its leaves need; leaves of equal sources are computed in one pass.
    """

    rows: "ir.Table"
    grain: Grain
    name: str | None = None  # the column by which leaves pick rows, e.g. an event's name
    time: str | None = None  # the instant of a row: windows look at it, and rows after `now` never count
    # A column on which the table is partitioned by time, and by how many days at most `time` may be ahead of it.
    partition: tuple[str, int] | None = None
    # What is done with the rows of each customer before they are counted: given the rows that the scan has left and the column
    # with the customer who counts now. For what looks at rows in their order.
    prepare: "Callable[[ir.Table, str], ir.Table] | None" = None


def count_rows(rows: "ir.Table", counted: "ir.BooleanValue | None") -> "ir.Scalar":
    return rows.count(where=counted)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One leaf: measure the rows that count, and test the figure. Without a row the figure is 0.

    A row counts if its name is one of `names`, its time within the last `within_days` times 24 hours, both edges
    included, not within the last `until_days`, and `where` true for it. Measures are integers or decimals: the sum of floats depends on its order.
    """

    source: Source
    test: "Callable[[ir.NumericValue], ir.BooleanValue]"
    names: frozenset[str] | None = None
    within_days: int | None = None
    until_days: int | None = None
    where: "Callable[[ir.Table], ir.BooleanValue] | None" = None
    measure: "Callable[[ir.Table, ir.BooleanValue | None], ir.Scalar]" = count_rows


@dataclass(frozen=True, slots=True)
class Promotion:
    """A property of events that must be kept in typed columns. `value_type` None: any type will do."""

    event_name: str
    property: str
    value_type: ValueType | None


class InputKind(StrEnum):
    """What a person is asked for, and the field of the leaf that it fills."""

    TEXT = "text"
    CHOICE = "choice"  # one of `choices`
    FLAG = "flag"  # true or false; `choices` say what they mean
    SEGMENT = "segment"  # the number of a segment of the shop
    JOURNEY = "journey"  # the number of a journey of the shop
    WHOLE = "whole"  # a whole number
    DAYS = "days"  # the last so many days; empty: ever
    INSTANT = "instant"
    THRESHOLD = "threshold"  # {"op": ..., "value": a whole number}
    MONEY = "money"  # a threshold of an amount, typed in units of the leaf's `currency`, kept in minor units
    AMOUNT = "amount"  # `op` and `value` of the leaf itself, a decimal number
    MEASURE = "measure"  # one of several thresholds: the field is named by the choice
    NAMED = "named"  # one of several texts: the field is named by the choice
    COMPARISON = "comparison"  # `op`, `value` and `value_type` of the leaf itself
    WHERE = "where"  # a list of comparisons of an event's properties


@dataclass(frozen=True, slots=True)
class Input:
    """One question of the form of a leaf. `suggests`: which of the shop's own values are offered, e.g. `events`.

    `at`: the field with the event whose properties are meant, for WHERE.
    """

    name: str
    kind: InputKind
    label: Text
    choices: tuple[tuple[str, Text], ...] = ()
    suggests: str = ""
    is_optional: bool = False
    default: Mapping[str, str] = field(default_factory=dict)
    at: str = ""


class ConditionKind(Protocol):
    """A kind of leaf. `key` is the `type` in the tree's JSON, e.g. {"type": "event", "name": ..., "count": ...}.

    Optional: `inputs: tuple[Input, ...]`, what a form asks for; a kind without it is not offered to people. Optional: `found(cursor, shop, customer, leaf, figure) -> str`, what was found of one customer, for people; without it
    they are shown the figure.
    Only `check` meets leaves that may be wrong; the others are given leaves that it let pass.
    """

    key: ClassVar[str]
    label: Text

    def check(self, leaf: Mapping[str, Any], path: str) -> None:
        """Raise VuelveError (code, field = path and the field's name) if the leaf is not well formed."""
        ...

    def aggregates(self, leaves: Sequence[Mapping[str, Any]]) -> Sequence[Aggregate]:
        """All leaves of this kind in a tree, in order: at once, so that they can share a source."""
        ...

    def promotions(self, leaf: Mapping[str, Any], trigger: str | None) -> Sequence[Promotion]:
        """What must be promoted for this leaf to work. `trigger` is the name of the event that is looked at, if any.

        Raises VuelveError `trigger_missing` if the leaf looks at an event and there is none.
        """
        ...

    def describe(self, leaf: Mapping[str, Any]) -> str:
        """One line for people, in the active language."""
        ...


# --- steps.py: steps for journeys -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StepGroup:
    """Runs of one version that stand at one step, in `pg_temp.run_batch` WHERE step_key = `step_key` AND version_id = `version_id`.

    Columns of run_batch: shop_id, customer_id, run_id, journey_id, version_id, step_key, entered_step_at,
    event_xid, event_seq, entry_key, entered_at, data (jsonb: outputs of earlier steps), outcome (text), wake_at.
    A step writes its effects set-based and sets `outcome` (the edge to leave by; '' stays and waits until wake_at).
    """

    cursor: Cursor
    now: datetime
    shop: ShopId
    journey_id: int
    journey_key: str
    version_id: int
    step_key: str
    config: Mapping[str, Any]
    sink: "Sink"


class Sink(Protocol):
    """Where the effects of a journey go: the outbox, or a backtest's tally."""

    def send(self, group: StepGroup) -> None:
        """Queue one message for each run of the group, idempotently by (run, step)."""
        ...


class StepKind(Protocol):
    key: ClassVar[str]
    label: Text
    icon: ClassVar[str]  # a heroicon

    def check(self, config: Mapping[str, Any], path: str, shop: ShopId) -> None:
        """Raise VuelveError if the step's configuration is not well formed or names what does not exist."""
        ...

    def outcomes(self, config: Mapping[str, Any]) -> Sequence[str]:
        """The names of the edges that leave the step; empty for an end."""
        ...

    def summary(self, config: Mapping[str, Any]) -> Text:
        """One line for the drawn graph, e.g. `3 days`."""
        ...

    def advance(self, group: StepGroup) -> None: ...


# --- liquid.py: objects for templates ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageSubject:
    """What a template may be rendered for; objects are loaded for many at once."""

    message_id: MessageId
    customer_id: CustomerId
    event_xid: int | None
    event_seq: int | None
    data: Mapping[str, Any]
    locale: str


class LiquidObject(Protocol):
    name: ClassVar[str]  # the name in templates, e.g. `customer`

    def load(self, cursor: Cursor, shop: ShopId, subjects: Sequence[MessageSubject]) -> dict[MessageId, Any]:
        """JSON-able values by message; a message without one is left out. A fixed number of queries."""
        ...


# --- providers/<name>/: who carries a message ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A rendered message, ready to be carried."""

    shop: ShopId
    message_id: MessageId
    key: str  # the idempotency key that a provider may be given
    channel: str
    address: str
    sender: str
    subject: str
    html: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


class SendState(StrEnum):
    ACCEPTED = "accepted"  # the provider has taken responsibility
    DELIVERED = "delivered"  # it has arrived, as far as this provider can ever know
    RETRY = "retry"  # not sent; may be tried again after `after_seconds`
    FAILED = "failed"  # not sent, and never will be
    UNKNOWN = "unknown"  # may have been sent: never tried again blindly


@dataclass(frozen=True, slots=True)
class SendResult:
    message_id: MessageId
    state: SendState
    reason: str = ""
    provider_message_id: str = ""
    after_seconds: float = 30.0


class Provider(Protocol):
    name: ClassVar[str]
    channel: ClassVar[str]
    concurrency_max: ClassVar[int]

    async def send(self, message: Outgoing) -> SendResult:
        """Carry one message. Does not raise for what the outside world does; it says so in the result."""
        ...

    async def close(self) -> None: ...


# --- gates: what may withhold or delay a message ---------------------------------------------------------


class Gate(Protocol):
    """One rule of the policy gate, run in `order` over `pg_temp.gate_batch` (see `channels/gates.py`)."""

    name: ClassVar[str]
    order: ClassVar[int]

    def apply(self, cursor: Cursor, now: datetime) -> None: ...


# --- panels.py, navigation ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NavItem:
    label: Text
    url_name: str
    icon: str
    order: int


class Panel(Protocol):
    """A section of the overview (customer is None) or of the customer page."""

    key: ClassVar[str]
    order: ClassVar[int]
    template: ClassVar[str]

    def context(
        self, request: "HttpRequest", shop: ShopId, customer: CustomerId | None
    ) -> Mapping[str, Any] | None:
        """What the template needs; None hides the panel."""
        ...


@dataclass(frozen=True, slots=True)
class DailyFigures:
    """Numbers of a shop by day of its zone, for pages that look over a year. Days that are over are kept (`shops/figures.py`).

    `statement` takes `shop`, `start`, `end`, `zone`, `currency` and gives rows of a date and `width` whole numbers, of days
    that have any.
    """

    name: str
    statement: str
    width: int


# --- problems.py: what a person must look at --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """One line on the overview: what is wrong, in numbers, and the page where it is mended. `tone`: bad or warn."""

    text: Text
    tone: str
    href: str
    since: datetime | None = None


class ProblemSource(Protocol):
    """Looks for what needs a person, with bounded work however large the shop is."""

    def problems(self, request: "HttpRequest", shop: ShopId, *, now: datetime) -> Sequence[Problem]: ...


# --- search.py: what the search in the top bar finds ---------------------------------------------------


class SearchSource(Protocol):
    """Finds rows of one package; at most SEARCH_HITS_MAX, with bounded work whatever is typed."""

    key: ClassVar[str]

    def search(self, request: "HttpRequest", shop: ShopId, query: str) -> "SearchGroup | None": ...


class CustomerColumn(Protocol):
    """A column of the list of customers that another package knows, for the rows of one page."""

    key: ClassVar[str]
    label: Text
    is_number: ClassVar[bool]

    def values(
        self, cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId]
    ) -> Mapping[CustomerId, str]:
        """Formatted for the reader; a customer without a value is left out."""
        ...


class MessageOrigins(Protocol):
    """What made a message: the names of journeys, for pages of the package that sends and does not know them."""

    def options(self, cursor: Cursor, shop: ShopId) -> Sequence[tuple[int, str]]:
        """(id, name) of what messages of the shop may come from, for a filter."""
        ...

    def links(self, cursor: Cursor, shop: ShopId, ids: Sequence[int]) -> Mapping[int, tuple[str, str]]:
        """(name, address) by id."""
        ...


class SegmentUsers(Protocol):
    """What looks at segments, for the package that keeps them and does not know it."""

    def users(self, cursor: Cursor, shop: ShopId, segment: int) -> Sequence[tuple[str, str]]:
        """(name, address) of what would go on looking at the segment."""
        ...


@dataclass(frozen=True, slots=True)
class EventFace:
    """How an event looks on a customer's timeline. `text` makes one line of the properties; it must not raise."""

    label: Text
    icon: str
    tone: str = ""
    text: Callable[[Mapping[str, Any]], str] | None = None
    page: tuple[str, str] | None = (
        None  # (name of an address, the property with its number) of what the event is about
    )


# --- privacy.py: export and erase one customer ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data are exported or erased: one human being, however many ids the shop knows them by."""

    shop: ShopId
    ids: tuple[int, ...]  # the customer's own, and those of every profile that counts for it
    identifiers: tuple[str, ...]  # as kept: user ids, e-mails, phones, anonymous ids that are nobody else's


class PrivacyPart(Protocol):
    """What one package keeps of a person. A test fails when a table with a customer's id is in no part."""

    name: ClassVar[str]  # the package
    tables: ClassVar[tuple[str, ...]]  # every table of the package in which a person's data can stand

    def export(self, cursor: Cursor, person: Person) -> Mapping[str, Iterable[Mapping[str, Any]]]:
        """Rows by section, JSON-able but for instants and decimals; read as they are asked for, in this transaction.

        Each row says where it came from, as far as the package knows: source, message id, time.
        """
        ...

    # Optional: `sweep(cursor, shop, rows) -> Mapping[str, int]` removes up to so many rows of each table of a shop that has
    # gone, for packages whose tables nobody may delete from.

    def erase(
        self, cursor: Cursor, person: Person, *, remains: CustomerId, now: datetime
    ) -> Mapping[str, int]:
        """Remove the person from the package's tables; rows erased or made nameless, by table.

        Called in the transaction that erases everything, packages further up first, while no consumer works. What the
        shop must keep (orders, counts) goes under `remains`, an id without a customer, and says nothing of the person.
        Afterwards no row holds one of the person's ids. Idempotent: a second call finds nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class PersonalRows:
    """What people read of a table when a person is exported or erased."""

    label: Text  # `Orders`
    stays: bool = False  # an erasure leaves the rows, without the person


# What stays of an erased person's event, by its name: the properties without the person, or None for nothing.
BareEvent = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]


class PersonalFiles(Protocol):
    """Files outside the database in which people may stand."""

    def throw_away(self, person: Person) -> int:
        """Remove those that name the person, or may do so; returns how many. A second call finds nothing."""
        ...

    def throw_away_all(self, shop: ShopId) -> int:
        """Remove all of a shop's; returns how many."""
        ...


class LeftBehind(Protocol):
    """What erasures have left: orders without a person. News of them must not bring a person's data back to them."""

    def find(
        self, cursor: Cursor, events: Sequence[tuple[ShopId, int, Mapping[str, Any]]]
    ) -> Mapping[int, CustomerId]:
        """Of events (shop, seq, properties) those about something that was left behind: its id without a customer, by seq."""
        ...


class RetentionRule(Protocol):
    """Something that a shop need not keep for good. Nothing is removed unless the shop has said for how long."""

    key: ClassVar[str]
    label: Text
    help: Text
    order: ClassVar[int]
    days_default: ClassVar[int | None]  # None: kept for good unless the shop says otherwise
    days: ClassVar[tuple[int, ...]]  # what a shop may choose

    def count(self, cursor: Cursor, shop: ShopId, before: datetime, rows_max: int) -> int:
        """How many would go that are older than `before`; stops counting at `rows_max`."""
        ...

    def enforce(self, cursor: Cursor, shop: ShopId, *, before: datetime, now: datetime, rows: int) -> int:
        """Remove up to `rows` of them; returns how many."""
        ...


# --- outcomes.py: what became of an event, for developers ---------------------------------------------


@dataclass(frozen=True, slots=True)
class EventRef:
    """An event in the log, as far as those who took it can know it again."""

    xid: int
    seq: int
    name: str
    customer_id: CustomerId | None  # its stamp; None until identity has seen it
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line on what a package made of an event. `tone`: good, warn, bad or ''."""

    text: Text
    tone: str = ""
    hint: Text = ""  # what to do about it
    href: str = ""


@dataclass(frozen=True, slots=True)
class WithoutEffect:
    """An event that is in the log, and that a package could not take."""

    at: datetime
    event_seq: int
    event_name: str
    customer_id: CustomerId  # the event's stamp
    code: str
    text: Text
    hint: Text = ""
    about: str = ""  # e.g. the order's number, as it was sent


class EventOutcomes(Protocol):
    key: ClassVar[str]
    label: Text  # what it keeps, e.g. Orders

    def of_event(
        self, cursor: Cursor, request: "HttpRequest", shop: ShopId, event: EventRef
    ) -> Sequence[Outcome]:
        """What it made of the event; nothing if it does not look at such events."""
        ...

    def without_effect(
        self, cursor: Cursor, shop: ShopId, since: datetime, rows: int
    ) -> Sequence[WithoutEffect]:
        """The newest events that it could not take, at most `rows`."""
        ...


@dataclass(frozen=True, slots=True)
class EventVocabulary:
    """What Vuelve reads of an event that it knows by name. `sku|product_id`: either of the two will do."""

    required: Sequence[str]  # without it the event has no effect
    useful: Sequence[str] = ()  # without it something is missing or assumed


class CustomerNames(Protocol):
    """What to call customers by, for pages of packages that do not know them."""

    def titles(
        self, cursor: Cursor, shop: ShopId, customers: Sequence[CustomerId]
    ) -> Mapping[CustomerId, str]:
        """By the id that was asked for; '' for somebody anonymous."""
        ...


# --- exports.py: what a shop can take away with it ------------------------------------------------------------


class ExportType(StrEnum):
    """How a column is kept in a Parquet file; in a CSV file all are text."""

    TEXT = "text"
    INTEGER = "integer"
    MONEY = "money"  # minor units; the table has a column `currency`
    NUMBER = "number"  # decimal, six digits after the point
    BOOLEAN = "boolean"
    TIME = "time"  # an instant, in UTC
    DAY = "day"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class ExportColumn:
    name: str
    sql: str  # an expression over `rows`
    type: ExportType = ExportType.TEXT


@dataclass(frozen=True, slots=True)
class ExportTable:
    """A table as the shop takes it away: one row a thing, read in one statement, so as of one instant."""

    name: str
    label: Text
    help: Text
    rows: str  # FROM clause; its first table is called `t` and has shop_id
    columns: tuple[ExportColumn, ...]
    covers: tuple[str, ...]  # tables of the database whose content is in it
    time: str = ""  # the expression that a period is about; '' if there is none
    where: str = ""


# --- lake.py: tables for the lake ---------------------------------------------------------------------------


class LakeType(StrEnum):
    """How a column is kept in the lake."""

    WHOLE = "whole"  # 64 bits
    SMALL = "small"  # 32 bits
    TEXT = "text"
    BOOLEAN = "boolean"
    TIME = "time"  # an instant, in UTC, to the microsecond
    DAY = "day"
    NUMBER = "number"  # decimal(24, 6)


@dataclass(frozen=True, slots=True)
class LakeTable:
    """A table of customers' rows as the lake keeps it: when something of a customer changes all of his rows are written
    again, and the newest writing of a customer is what holds. `customer` is the column with the customer's id.
    """

    name: str  # as analysts know it: `orders`
    source: str  # the table of the database
    columns: Mapping[str, LakeType]  # beside shop_id and the customer's id
    customer: str = "customer_id"
    is_indexed: bool = True  # by customer; if not, all rows are read for the few customers who were touched


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Each person by one of them."""

    user_ids: Sequence[str] = ()
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()


# --- ticks: work that is due by the clock -------------------------------------------------------------------


class Tick(Protocol):
    """A loop of the worker: does a bounded amount of due work, in transactions of its own; says how much.

    With `is_apart = True` (optional) it has a thread that no consumer waits for: right for what takes seconds or depends on
    something outside of the database.
    """

    name: ClassVar[str]
    interval_seconds: ClassVar[float]

    def tick(self, clock: Clock) -> int: ...


# --- invariants.py: truths that must always hold --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Breach:
    """A row that contradicts an invariant. Names no person."""

    about: str
    what: str


class Invariant(Protocol):
    name: ClassVar[str]

    def check(self, cursor: Cursor, shop: ShopId, *, rows: int) -> Sequence[Breach]:
        """What contradicts it, at most `rows`; reads only."""
        ...


# --- the registry --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Registry:
    consumers: list[Consumer] = field(default_factory=list)
    # Events that only Vuelve records: from outside they would forge what it did (a coupon redeemed, a parcel confirmed).
    own_events: set[str] = field(default_factory=set)
    # Events that a shop may want from its own servers only (with the secret key): a public write key is in every browser.
    guarded_events: set[str] = field(default_factory=set)
    conditions: dict[str, ConditionKind] = field(default_factory=dict)
    steps: dict[str, StepKind] = field(default_factory=dict)
    liquid: dict[str, LiquidObject] = field(default_factory=dict)
    providers: dict[str, Provider] = field(default_factory=dict)
    gates: list[Gate] = field(default_factory=list)
    nav: list[NavItem] = field(default_factory=list)
    data_tabs: list[NavItem] = field(default_factory=list)  # sections of the page "Data"
    daily_figures: list[DailyFigures] = field(default_factory=list)
    problems: list[ProblemSource] = field(default_factory=list)
    overview_panels: list[Panel] = field(default_factory=list)
    customer_panels: list[Panel] = field(default_factory=list)
    customer_columns: list[CustomerColumn] = field(default_factory=list)
    event_faces: dict[str, EventFace] = field(default_factory=dict)
    message_origins: MessageOrigins | None = None
    segment_users: list[SegmentUsers] = field(default_factory=list)
    event_outcomes: list[EventOutcomes] = field(default_factory=list)
    event_vocabulary: dict[str, EventVocabulary] = field(default_factory=dict)  # by event name
    customer_names: CustomerNames | None = None
    searches: list[SearchSource] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    invariants: list[Invariant] = field(default_factory=list)
    privacy: list[PrivacyPart] = field(default_factory=list)  # packages in their order
    personal_rows: dict[str, PersonalRows] = field(default_factory=dict)  # by table
    bare_events: dict[str, BareEvent] = field(default_factory=dict)
    personal_files: list[PersonalFiles] = field(default_factory=list)
    left_behind: LeftBehind | None = None
    # Events by which an erased person begins anew with the shop, live and after the erasure.
    reopening_events: set[str] = field(default_factory=set)
    retention: list[RetentionRule] = field(default_factory=list)
    # How many of these user ids, e-mails and phones (E.164) are a customer's already; for dry runs.
    count_known_customers: "Callable[[Cursor, ShopId, Identifiers], int] | None" = None
    exports: list[ExportTable] = field(default_factory=list)  # packages in their order
    lake: list[LakeTable] = field(default_factory=list)  # packages in their order
    not_exported: dict[str, str] = field(default_factory=dict)  # tables with a shop_id that stay, and why
    sources: dict[str, StoreSource] = field(default_factory=dict)
    holdings: dict[StoreKind, StoreHoldings] = field(default_factory=dict)
    privacy_desk: PrivacyDesk | None = None


registry = Registry()
