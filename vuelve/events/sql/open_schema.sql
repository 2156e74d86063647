-- Purpose: the schema consumer's tables of a connection. Made once, emptied for each batch.
CREATE TEMP TABLE IF NOT EXISTS schema_seen (
    shop_id bigint NOT NULL, kind smallint NOT NULL, name text COLLATE "C" NOT NULL, hour timestamptz NOT NULL,
    kept text COLLATE "C" NOT NULL, events bigint NOT NULL, first_at timestamptz NOT NULL, last_at timestamptz NOT NULL,
    last_xid bigint NOT NULL, last_seq bigint NOT NULL,
    xids bigint[] NOT NULL, seqs bigint[] NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS schema_sample (
    shop_id bigint NOT NULL, kind smallint NOT NULL, name text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL, properties json NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS schema_found (
    shop_id bigint NOT NULL, kind smallint NOT NULL, name text COLLATE "C" NOT NULL, property text COLLATE "C" NOT NULL,
    first_at timestamptz NOT NULL, last_at timestamptz NOT NULL,
    texts bigint NOT NULL, numbers bigint NOT NULL, booleans bigint NOT NULL, times bigint NOT NULL,
    lists bigint NOT NULL, objects bigint NOT NULL, empties bigint NOT NULL);
SELECT vuelve_clear('pg_temp.schema_seen'), vuelve_clear('pg_temp.schema_sample'), vuelve_clear('pg_temp.schema_found')
