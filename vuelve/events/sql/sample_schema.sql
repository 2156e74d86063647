-- Purpose: fetch the events of a batch that are looked into: some of each name, in all no more than %(sample_max)s.
-- Rows: up to %(sample_max)s. Index: events_event_position; OFFSET 0 keeps it a look-up for each.
-- What holds NUL or a half of a surrogate pair in JSON's escapes would raise when a key or text is taken out of it, and
-- stop the batch: it is not looked into, nor is anything else with such an escape. Samples can be choosy.
WITH picked AS MATERIALIZED (
    SELECT s.shop_id, s.kind, s.name, p.xid, p.seq
    FROM pg_temp.schema_seen s CROSS JOIN LATERAL unnest(s.xids, s.seqs) WITH ORDINALITY AS p (xid, seq, n)
    WHERE s.kept <> ''
    ORDER BY p.n LIMIT %(sample_max)s
), fetched AS MATERIALIZED (
    SELECT p.shop_id, p.kind, p.name, e.received_at, e.properties
    FROM picked p
    CROSS JOIN LATERAL (
        SELECT received_at, properties FROM events_event e WHERE e.xid = p.xid AND e.seq = p.seq OFFSET 0) e
)
INSERT INTO pg_temp.schema_sample
SELECT shop_id, kind, name, received_at, properties FROM fetched
WHERE properties::text !~ '\\u(0000|[dD][89a-fA-F])' AND json_typeof(properties) = 'object'
