-- What was seen of each event name, for developers. Kept by the schema consumer; no value of an event is in here.
CREATE TABLE events_schema (
    shop_id            bigint      NOT NULL,
    kind               smallint    NOT NULL,
    name               text        COLLATE "C" NOT NULL,   -- '' counts the names past SCHEMA_NAMES_MAX together
    first_at           timestamptz NOT NULL,               -- of arrival
    last_at            timestamptz NOT NULL,
    -- Where in the log its newest event stands, at the latest: so that a rare one is found without a search.
    last_xid           bigint      NOT NULL,
    last_seq           bigint      NOT NULL,
    events             bigint      NOT NULL,
    sampled            bigint      NOT NULL DEFAULT 0,     -- looked into; halved now and then, with the properties' counts
    properties_dropped bigint      NOT NULL DEFAULT 0,     -- values of properties past the bound, in what was looked into
    PRIMARY KEY (shop_id, kind, name)
);
-- rls: events_schema

CREATE TABLE events_schema_hour (
    shop_id bigint      NOT NULL,
    kind    smallint    NOT NULL,
    name    text        COLLATE "C" NOT NULL,
    hour    timestamptz NOT NULL,                          -- of arrival
    events  bigint      NOT NULL,
    PRIMARY KEY (shop_id, kind, name, hour)
);
CREATE INDEX events_schema_hour_age ON events_schema_hour (shop_id, hour);
-- rls: events_schema_hour

-- How often a property held what, in what was looked into.
CREATE TABLE events_schema_property (
    shop_id   bigint      NOT NULL,
    kind      smallint    NOT NULL,
    name      text        COLLATE "C" NOT NULL,            -- of the event
    property  text        COLLATE "C" NOT NULL,
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    texts     bigint      NOT NULL DEFAULT 0,
    numbers   bigint      NOT NULL DEFAULT 0,
    booleans  bigint      NOT NULL DEFAULT 0,
    times     bigint      NOT NULL DEFAULT 0,
    lists     bigint      NOT NULL DEFAULT 0,
    objects   bigint      NOT NULL DEFAULT 0,
    empties   bigint      NOT NULL DEFAULT 0,              -- null or ''
    PRIMARY KEY (shop_id, kind, name, property)
);
-- rls: events_schema_property

-- Where in the log the row stands that is so many rows before a position; no row if there are fewer. Whoever looks
-- for something that may not be there looks at so much of the log and no more. SECURITY DEFINER, since a limit behind
-- row-level security counts only the rows of one shop: the position tells nobody whose row it is.
CREATE FUNCTION vuelve_position_back(from_xid bigint, from_seq bigint, steps integer, OUT xid bigint, OUT seq bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_sort = off SET enable_seqscan = off AS $$
    SELECT e.xid, e.seq FROM events_event e
    WHERE (e.xid, e.seq) < (from_xid, from_seq)
    ORDER BY e.xid DESC, e.seq DESC
    OFFSET greatest(least(steps, 200000), 1) - 1 LIMIT 1
$$;

-- Where a set-aside event stands, so that it can be given to its consumer again. Null for those set aside before.
ALTER TABLE events_quarantine ADD COLUMN xid bigint;
