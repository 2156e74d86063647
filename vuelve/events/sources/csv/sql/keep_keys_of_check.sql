-- Purpose: keep_keys for a dry run, which leaves nothing behind. Rows: up to CSV_BATCH_ROWS.
INSERT INTO pg_temp.import_key (key) SELECT DISTINCT md5(k)::uuid FROM unnest(%(keys)s::text[]) AS k
ON CONFLICT DO NOTHING
RETURNING replace(key::text, '-', '')
