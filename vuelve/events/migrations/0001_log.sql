-- The log: append-only, partitioned by the month of arrival. No unique key: a unique index on a table
-- partitioned by time could not refuse a duplicate of last month; events_key does that.
CREATE SEQUENCE events_seq CACHE 64;

CREATE TABLE events_event (
    shop_id      bigint      NOT NULL,
    seq          bigint      NOT NULL DEFAULT nextval('events_seq'),
    -- With seq the position of the row for readers: ordering by seq alone would skip rows that commit late.
    -- bigint, not xid8: behind row-level security only leakproof comparisons reach an index, and those of xid8 are not.
    xid          bigint      NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    kind         smallint    NOT NULL CHECK (kind BETWEEN 1 AND 6),  -- track, identify, page, screen, group, alias
    origin       smallint    NOT NULL CHECK (origin IN (0, 1)),      -- 0 from outside, 1 recorded by ourselves
    historical   boolean     NOT NULL DEFAULT false,
    shard        smallint,
    customer_id  bigint,                                             -- null until identity has seen the row
    occurred_at  timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    name         text        COLLATE "C" NOT NULL,
    source       text        COLLATE "C" NOT NULL,
    message_id   text        COLLATE "C" NOT NULL,
    user_id      text        COLLATE "C",
    anonymous_id text        COLLATE "C",
    email        text        COLLATE "C",                            -- normalised; from traits or properties
    phone        text        COLLATE "C",                            -- E.164
    -- json, not jsonb: parsing at ingest cost a quarter of the throughput. For identify these are the traits.
    properties   json        NOT NULL,
    context      json
) PARTITION BY RANGE (received_at);

CREATE INDEX events_event_position ON events_event (xid, seq);
CREATE INDEX events_event_customer ON events_event (shop_id, customer_id, occurred_at);
-- rls: events_event

-- Duplicates vanish here, in the transaction that appends. A key is a hash of source and message id.
CREATE TABLE events_key (
    shop_id     bigint NOT NULL,
    key         uuid   NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (shop_id, key)
) PARTITION BY HASH (shop_id, key);
CREATE TABLE events_key_0 PARTITION OF events_key FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE events_key_1 PARTITION OF events_key FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE events_key_2 PARTITION OF events_key FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE events_key_3 PARTITION OF events_key FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE INDEX events_key_age ON events_key USING brin (received_at);
REVOKE ALL ON events_key_0, events_key_1, events_key_2, events_key_3 FROM vuelve_web, vuelve_worker;
-- rls: events_key

-- Typed copies of the properties that conditions use (events_promoted says which).
CREATE TABLE events_property (
    shop_id       bigint   NOT NULL,
    customer_id   bigint   NOT NULL,
    seq           bigint   NOT NULL,
    name          text     COLLATE "C" NOT NULL,
    text_value    text     COLLATE "C",   -- as sent, cut to TRAIT_TEXT_CHARS_MAX
    number_value  numeric(24, 6),
    boolean_value boolean,
    time_value    timestamptz,
    PRIMARY KEY (shop_id, customer_id, seq, name)
);
-- rls: events_property

CREATE TABLE events_promoted (
    shop_id    bigint NOT NULL,
    event_name text   COLLATE "C" NOT NULL,
    property   text   COLLATE "C" NOT NULL,
    value_type text   NOT NULL CHECK (value_type IN ('text', 'number', 'money', 'boolean', 'time')),
    PRIMARY KEY (shop_id, event_name, property)
);
-- rls: events_promoted

-- One row a consumer and shard: locked while a batch is worked on (that lock is the lease: it ends with the
-- worker's connection, so a killed worker delays nobody) and moved in the transaction of the batch's effects.
CREATE TABLE events_cursor (
    consumer text     COLLATE "C" NOT NULL,
    shard    smallint NOT NULL,
    xid      bigint   NOT NULL DEFAULT 0,
    seq      bigint   NOT NULL DEFAULT 0,
    moved_at timestamptz,
    PRIMARY KEY (consumer, shard)
);

-- Readers of the log stay below it: the oldest transaction that may still write.
CREATE FUNCTION vuelve_horizon() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN pg_snapshot_xmin(pg_current_snapshot())::text::bigint;

-- ISO 8601 text as an instant, or null: a value that is no time must not stop a batch. A cast that fails raises,
-- and pg_input_is_valid() exists only from PostgreSQL 16 on, hence the exception block.
CREATE FUNCTION vuelve_time(raw text) RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF raw !~ '^\d{4}-\d{2}-\d{2}' OR length(raw) > 40 THEN
        RETURN NULL;
    END IF;
    RETURN raw::timestamptz;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;

-- A property as text, or null: NUL and half surrogate pairs can hide in JSON's escapes, and ->> raises on them. The API
-- refuses such events; this keeps an import that did not from stopping identity, and so everybody.
CREATE FUNCTION vuelve_property(properties json, name text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN properties ->> name;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;

-- Events that one consumer could not take, again and again. The event itself is in the log; this says that its effect
-- is missing, and why.
CREATE TABLE events_quarantine (
    shop_id        bigint NOT NULL,
    consumer       text   COLLATE "C" NOT NULL,
    seq            bigint NOT NULL,
    message_id     text   COLLATE "C" NOT NULL,
    error          text   NOT NULL,
    quarantined_at timestamptz NOT NULL,
    PRIMARY KEY (shop_id, consumer, seq)
);
-- rls: events_quarantine
