-- Purpose: the next orders of a shop by id, for a programme that counts what was before. Rows: a page.
-- Index: commerce_order_key's primary key.
INSERT INTO pg_temp.loyalty_order (shop_id, order_id)
SELECT shop_id, order_id FROM commerce_order_key
WHERE shop_id = %(shop)s AND order_id > %(after)s
ORDER BY order_id LIMIT %(rows)s
