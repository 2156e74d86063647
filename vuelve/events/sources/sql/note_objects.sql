-- Purpose: note what a store has told of; of one thing the newest state stays, whatever the order it comes in. Says of
-- each whether it was awaited. Rows: one or two a webhook, hundreds a backfill's batch. Index: the primary key.
-- Sorted, and once each: two webhooks about the same things would otherwise deadlock, or meet a row twice.
INSERT INTO events_store_object AS known (shop_id, store_id, kind, object_id, created_at, told_at, status, is_gone,
                                          user_id, email, phone)
SELECT DISTINCT ON (kind, object_id)
       %(shop)s, %(store)s, kind, object_id, created_at, told_at, status, is_gone, user_id, email, phone
FROM json_to_recordset(%(objects)s::json) AS r (
    kind text, object_id text, created_at timestamptz, told_at timestamptz, status text, is_gone boolean,
    user_id text, email text, phone text)
ORDER BY kind, object_id, is_gone DESC, told_at DESC, status DESC
ON CONFLICT (shop_id, store_id, kind, object_id) DO UPDATE
SET created_at = coalesce(known.created_at, excluded.created_at),
    told_at = CASE WHEN (excluded.told_at, excluded.status) > (known.told_at, known.status) THEN excluded.told_at ELSE known.told_at END,
    status = CASE WHEN (excluded.told_at, excluded.status) > (known.told_at, known.status) THEN excluded.status ELSE known.status END,
    user_id = CASE WHEN excluded.told_at >= known.told_at THEN coalesce(excluded.user_id, known.user_id) ELSE coalesce(known.user_id, excluded.user_id) END,
    email = CASE WHEN excluded.told_at >= known.told_at THEN coalesce(excluded.email, known.email) ELSE coalesce(known.email, excluded.email) END,
    phone = CASE WHEN excluded.told_at >= known.told_at THEN coalesce(excluded.phone, known.phone) ELSE coalesce(known.phone, excluded.phone) END,
    -- Ids are never used again: what is gone stays gone, also for an update that comes late.
    is_gone = known.is_gone OR excluded.is_gone
RETURNING object_id, is_awaited
