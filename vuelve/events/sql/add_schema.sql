-- Purpose: add a batch's counts to what was seen of each name. Rows: the names of the batch. Index: events_schema's
-- primary key. ORDER BY: two workers would otherwise lock the same names in different order and deadlock.
INSERT INTO events_schema AS e (shop_id, kind, name, first_at, last_at, last_xid, last_seq, events)
SELECT shop_id, kind, kept, min(first_at), max(last_at), max(last_xid), max(last_seq), sum(events)
FROM pg_temp.schema_seen
GROUP BY shop_id, kind, kept
ORDER BY shop_id, kind, kept
ON CONFLICT (shop_id, kind, name) DO UPDATE SET
    first_at = least(e.first_at, excluded.first_at), last_at = greatest(e.last_at, excluded.last_at),
    last_xid = greatest(e.last_xid, excluded.last_xid), last_seq = greatest(e.last_seq, excluded.last_seq),
    events = e.events + excluded.events
