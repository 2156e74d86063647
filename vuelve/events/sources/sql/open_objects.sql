-- Purpose: what a store has told of one kind and is not gone, to be marked by who holds it and counted.
-- Rows: up to millions, in a job. Index: the primary key of events_store_object.
INSERT INTO pg_temp.store_object (object_id, created_at, status, is_held)
SELECT object_id, created_at, status, false FROM events_store_object
WHERE shop_id = %(shop)s AND store_id = %(store)s AND kind = %(kind)s AND NOT is_gone AND NOT is_awaited
