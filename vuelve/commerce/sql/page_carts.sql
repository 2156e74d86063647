-- Purpose: one page of the list of carts, those used last first. Rows: PAGE_ROWS + 1.
-- Index: commerce_cart_time.
SELECT customer_id, node_id, cart_id, last_at, state, order_id, abandoned_at, currency, value_minor, quantity, historical
FROM commerce_cart
WHERE shop_id = %(shop)s
  AND (%(after_at)s::timestamptz IS NULL OR last_at <= %(after_at)s)
  AND (%(after_at)s::timestamptz IS NULL OR (last_at, node_id, cart_id) < (%(after_at)s, %(after_node)s::bigint, %(after_cart)s::text))
  AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY last_at DESC, node_id DESC, cart_id DESC
LIMIT %(rows)s
