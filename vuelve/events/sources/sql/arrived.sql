-- Purpose: these orders are not awaited any more. Rows: few. Index: the primary key.
UPDATE events_store_object SET is_awaited = false
WHERE shop_id = %(shop)s AND store_id = %(store)s AND kind = 'orders' AND object_id = ANY (%(orders)s::text[])
