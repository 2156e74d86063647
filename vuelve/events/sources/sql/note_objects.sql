-- Purpose: note what a store has told of; of one thing the newest state stays, whatever the order it comes in.
-- Rows: one or two a webhook, hundreds a backfill's batch. Index: the primary key.
-- Sorted, and once each: two webhooks about the same things would otherwise deadlock, or meet a row twice.
INSERT INTO events_store_object AS known (shop_id, store_id, kind, object_id, created_at, told_at, status, is_gone)
SELECT DISTINCT ON (kind, object_id)
       %(shop)s, %(store)s, kind, object_id, created_at, told_at, status, is_gone
FROM json_to_recordset(%(objects)s::json) AS r (
    kind text, object_id text, created_at timestamptz, told_at timestamptz, status text, is_gone boolean)
ORDER BY kind, object_id, is_gone DESC, told_at DESC, status DESC
ON CONFLICT (shop_id, store_id, kind, object_id) DO UPDATE
SET created_at = coalesce(known.created_at, excluded.created_at),
    told_at = CASE WHEN (excluded.told_at, excluded.status) > (known.told_at, known.status) THEN excluded.told_at ELSE known.told_at END,
    status = CASE WHEN (excluded.told_at, excluded.status) > (known.told_at, known.status) THEN excluded.status ELSE known.status END,
    -- Ids are never used again: what is gone stays gone, also for an update that comes late.
    is_gone = known.is_gone OR excluded.is_gone
