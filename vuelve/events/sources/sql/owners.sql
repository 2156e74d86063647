-- Purpose: whose orders are, as far as the store has told. Rows: 1, few. Index: the primary key.
SELECT object_id, user_id, email, phone, created_at FROM events_store_object
WHERE shop_id = %(shop)s AND store_id = %(store)s AND kind = 'orders' AND object_id = ANY (%(orders)s::text[])
  AND coalesce(user_id, email, phone) IS NOT NULL
