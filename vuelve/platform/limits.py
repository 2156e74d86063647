"""Every input and every batch has a bound. The unit is last in the name, the reason beside it."""

# Ingest. Segment's documented limits, so that its SDKs never meet a surprise.
EVENT_BYTES_MAX = 32 * 1024
BATCH_BYTES_MAX = 500 * 1024
BATCH_EVENTS_MAX = 2_500
BATCH_MARKS_MAX = (
    200_000  # texts and brackets of a broken batch that is taken apart: some 50 ms; a full batch has 60,000
)
GZIP_STREAMS_MAX = 100  # in a row in one body; each costs a copy of the rest, and SDKs send one
API_KEY_CHARS_MAX = 100  # ours have 35; keys that were asked for are remembered, and must not fill the memory
REFUSED_BYTES_READ_MAX = 16 * BATCH_BYTES_MAX  # so that a sender of too much gets its answer
MESSAGE_ID_CHARS_MAX = 100
# An id is a key in an index (2,700 bytes at most for a b-tree row); 255 is what stores use.
IDENTITY_CHARS_MAX = 255
EVENT_NAME_CHARS_MAX = 200
EVENT_DEPTH_MAX = 64  # readers of JSON recurse; Python's gives up at some 900
# The log keeps what devices say, but a clock that is off by years would poison every window.
EVENT_FUTURE_SECONDS_MAX = 24 * 3600
EVENT_KEY_DAYS = 30
INGEST_BURST_SECONDS = 10  # of VUELVE_INGEST_EVENTS_PER_SECOND may come at once

# Refused events. A public write key must not be able to fill the disk: 40 MB a shop at most.
REJECT_DAYS = 30
REJECT_EXCERPT_BYTES_MAX = 4 * 1024
REJECTS_PER_SHOP_MAX = 10_000
REJECTS_PER_CALL_MAX = 100  # of one request; a broken sender's events are all broken in the same way
REJECTS_PER_SECOND = 20  # per shop, source and process, after a burst of
REJECTS_BURST = 500

# Consumers. 10,000 rows a batch measured 19.8k events/s end to end against 11.6k with 2,000.
CONSUMER_BATCH_ROWS = 10_000
SHARDS = 8  # a customer's events are in order within one shard; eight workers at most in parallel

# Traits and properties that conditions can use.
TRAIT_NAME_CHARS_MAX = 100
TRAIT_TEXT_CHARS_MAX = 1_000
TRAITS_PER_EVENT_MAX = 100
TRAIT_HISTORY_ROWS_MAX = 100  # of one trait of one customer; older values are forgotten
PROMOTED_PROPERTIES_MAX = 200  # per shop: each one costs a row per event that has it

# What is noted of each event name. A sender that writes ids into names or keys must fill nothing, and a batch must cost
# little whatever is in it.
SCHEMA_NAMES_MAX = 500  # per shop; past that they are counted together
SCHEMA_PROPERTIES_MAX = 200  # per name; past that they are only counted
SCHEMA_KEYS_OF_EVENT_MAX = 300  # of one event
SCHEMA_SAMPLE_OF_NAME_MAX = 10  # events of a name in a batch whose properties are looked into
SCHEMA_SAMPLE_MAX = 150  # of all names in a batch
SCHEMA_SAMPLED_MAX = 10_000  # then the counts are halved: the last week should weigh more than the last year
SCHEMA_HOUR_DAYS = 8  # a week, and the part of today
SCHEMA_NAME_DAYS = 90  # a name that was not seen for so long is forgotten

# Looking for events without an index for the filter: so much of the log at a time, then the reader may go on.
LIVE_WINDOW_ROWS = 20_000  # 20 to 40 ms
LIVE_WINDOW_ROWS_MAX = 200_000
LIVE_ROWS_MAX = 100  # new ones that one answer brings

# Conditions.
CONDITION_DEPTH_MAX = 6
CONDITION_LEAVES_MAX = 50
CONDITION_VALUES_MAX = 200
CONDITION_WINDOW_DAYS_MAX = 3_650
CONDITION_CHARS_MAX = 100_000  # as JSON: it becomes one SQL statement

# Segments.
SEGMENTS_MAX = 500  # a shop; each costs every batch and every sweep
SEGMENTS_AT_ONCE = (
    50  # in one statement: what they read alike is read once, and planning grows with the square of its joins
)
SEGMENT_SWEEP_SECONDS = 900  # everyone is looked at again so often: windows are of days
SEGMENT_JUDGE_ROWS = 5_000  # customers in one transaction, as long as a consumer's batch
SEGMENT_LAKE_EVENTS = (
    200_000  # of a shop: past that the lake is asked about everyone, which is exact to the minute
)
SEGMENT_LIST_ROWS_MAX = 100_000  # customers of an uploaded list
SEGMENT_SIZE_SECONDS = 60

# The lake.
LAKE_FLUSH_ROWS = 50_000  # events of one commit; at the latest after
LAKE_FLUSH_SECONDS = 60
LAKE_WHOLE_SECONDS = 24 * 3600  # customers' rows are copied whole so often, for what changes without an event
LAKE_COMPACT_SECONDS = 3600
LAKE_SNAPSHOT_SECONDS = 3600  # who has begun to read goes on so long
LAKE_RETRY_SECONDS_MAX = 600  # between two tries at a store that is lost
LAKE_EXAMPLES_MAX = 10  # of rows that differ from PostgreSQL's
SPARK_REACH_SECONDS = 3  # until a master answers; Spark itself would try for minutes
SPARK_EXECUTORS_SECONDS = 60  # until a cluster gives the first executor
SPARK_POLL_SECONDS = 0.2
SPARK_SECONDS_MAX = 3600  # of one question about everyone
SPARK_RETRY_SECONDS = 900  # a cluster that has failed is not asked until the next sweep

# Orders.
ORDER_LINES_MAX = 500
ORDER_ID_CHARS_MAX = 100
AMOUNT_MINOR_MAX = 10**13  # 100,000 million units: past that it is a mistake, and bigint stays far away

# Journeys.
JOURNEY_STEPS_MAX = 100
JOURNEY_BRANCHES_MAX = 10
JOURNEY_WAIT_SECONDS_MAX = 366 * 24 * 3600
RUN_BATCH_ROWS = 5_000
RUN_HOPS_PER_TICK_MAX = JOURNEY_STEPS_MAX  # graphs have no cycles, so no run can need more

# Messages.
TEMPLATE_SOURCE_CHARS_MAX = 100_000
RENDER_OUTPUT_BYTES_MAX = 200 * 1024  # Gmail clips at 102 KB; twice that is a mistake
RENDER_LOOP_ITERATIONS_MAX = 1_000
DISPATCH_BATCH_ROWS = 500
SEND_ATTEMPTS_MAX = 5

# Background jobs: 4, 16, 64, 256 seconds apart.
JOB_ATTEMPTS_MAX = 5

# Requests, before they reach a view (`serving.py`).
BODY_HELD_BYTES_MAX = 1024 * 1024  # kept in memory until it is whole; a larger one is an upload, in a file
BODY_BYTES_MAX = 201 * 1024**2  # the largest upload (`CSV_UPLOAD_BYTES_MAX`) and the form around it
UPLOADS_AT_ONCE_MAX = 8  # what is not whole yet, whoever sends it, fills 1.6 GB of disk at most
UPLOAD_PACE_BYTES_MIN = 16 * 1024  # a second, on the whole: 200 MB in three and a half hours
BODIES_HELD_BYTES_MAX = 512 * 1024 * 1024  # of all requests together, as announced: few send as much
BODY_SECONDS_MAX = 60  # 500 KB at 8 KB a second
REQUESTS_WAITING_MAX = 500  # for a thread: a second's work
SEND_SECONDS_MAX = 60  # for one piece of a download

# Pages.
BIGINT_MAX = 2**63 - 1  # of PostgreSQL: a number from outside that is larger names nothing
PAGE_ROWS = 50
PAGE_ROWS_MAX = 200
CSV_ROWS_MAX = 10_000  # of a list on a page: what a spreadsheet and one request still take; everything leaves by the export
SEARCH_CHARS_MAX = 100

# Sign-in. A person who mistypes is done in three; a guesser gets 40 tries an hour.
SIGN_IN_ATTEMPTS_MAX = 10
SIGN_IN_WINDOW_SECONDS = 15 * 60

# Search in the top bar. Names have no index of their own: it looks at those who were seen last.
SEARCH_HITS_MAX = 6  # per group: more do not fit under the field
SEARCH_RECENT_CUSTOMERS = 20_000

# Privacy. A commit of so many events takes a tenth of a second, and nobody waits longer for it.
ERASE_EVENTS_ROWS = 5_000
VERIFY_ROWS_MAX = (
    1_000_000  # a table: some ten seconds; what lies beyond is found by id, and the report says so
)
RETENTION_ROWS = 2_000  # a shop, a rule and a commit: nobody waits for it
FORGET_CUSTOMERS_ROWS = 20  # no consumer works while a customer is forgotten: some ten milliseconds each
RETENTION_COUNT_ROWS_MAX = 1_000_000  # past that a page says "more than"

# Stores. An order of 500 lines is about 1 MB as a webhook.
STORE_WEBHOOK_BYTES_MAX = 2 * 1024 * 1024
STORE_WEBHOOK_DAYS = 30
STORE_SECRET_OVERLAP_HOURS = 72  # a store may sign with the old secret until every retry is through
STORE_LINE_BYTES_MAX = 4 * 1024 * 1024  # one object of a bulk file
STORE_CHILDREN_MAX = (
    5_000  # lines of one order, variants and images of one product (Shopify allows 2,048 and 250)
)
STORE_BATCH_OBJECTS = 250  # a transaction: about 1,300 events for orders
STORE_OPERATIONS_MAX = 4  # attempts at one backfill that the store gave up on
STORES_MAX = 20  # a shop
STORE_ERASE_DAYS = 25  # the law and Shopify give 30

# Imports of CSV files.
CSV_FILE_BYTES_MAX = 20 * 1024**3
CSV_UPLOAD_BYTES_MAX = 200 * 1024**2  # through a browser; larger ones go by `vuelve import csv`
# A record past this is an opening quote whose end is missing: the rest of the file would be swallowed.
CSV_RECORD_CHARS_MAX = 128 * 1024
CSV_RECORD_LINES_MAX = 2_000  # a product's description in HTML has some hundred
CSV_COLUMNS_MAX = 1_000
CSV_SAMPLE_BYTES = 256 * 1024
CSV_SAMPLE_ROWS = 200
CSV_BATCH_ROWS = 2_000  # a transaction of about 0.1 s: a longer one holds up every consumer
IMPORT_FILE_DAYS = 30
IMPORT_ERRORS_SHOWN_MAX = 20

# Exports. A file of personal data must not lie about.
EXPORT_FILE_DAYS = 7
EXPORT_BATCH_ROWS = 20_000  # at once in memory, for Parquet: some 20 MB
EXPORTS_WAITING_MAX = 5  # a shop
