-- Purpose: the staging table of a connection; made once, emptied when it is opened. pg_temp, since COPY into a
-- table with row-level security is refused.
CREATE TEMP TABLE IF NOT EXISTS event_staged (
    ordinal bigint GENERATED ALWAYS AS IDENTITY,
    shop_id bigint NOT NULL,
    kind smallint NOT NULL DEFAULT 1,
    name text NOT NULL,
    occurred_at timestamptz NOT NULL,
    message_id text NOT NULL,
    customer_id bigint,
    user_id text,
    anonymous_id text,
    email text,
    phone text,
    properties json NOT NULL DEFAULT '{}',
    context json,
    historical boolean NOT NULL DEFAULT false
)
