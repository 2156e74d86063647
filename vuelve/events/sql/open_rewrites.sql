-- Purpose: the working tables of rewriting and forgetting events; made once a connection, emptied when opened.
CREATE TEMP TABLE IF NOT EXISTS event_rewritten (
    xid bigint NOT NULL, seq bigint NOT NULL, customer_id bigint, user_id text, anonymous_id text, email text, phone text,
    is_bare boolean NOT NULL, properties text NOT NULL
);
CREATE TEMP TABLE IF NOT EXISTS event_forgotten (xid bigint NOT NULL, seq bigint NOT NULL);
SELECT vuelve_clear('pg_temp.event_rewritten', 'pg_temp.event_forgotten')
