-- Purpose: one page of the list of orders, the newest first. Rows: PAGE_ROWS + 1.
-- Index: commerce_order_time; a filter by status reads along it until the page is full.
SELECT order_id, order_number, customer_id, ordered_at, total_minor, refunded_minor, currency, status
FROM commerce_order
WHERE shop_id = %(shop)s
  AND (%(after_at)s::timestamptz IS NULL OR ordered_at <= %(after_at)s)
  AND (%(after_at)s::timestamptz IS NULL OR (ordered_at, order_id) < (%(after_at)s, %(after_id)s::text))
  AND (%(status)s::text IS NULL OR status = %(status)s)
ORDER BY ordered_at DESC, order_id DESC
LIMIT %(rows)s
