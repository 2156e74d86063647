-- Purpose: the earliest cancellation of each order, on its key. Rows: few. Index: commerce_order_key's primary key.
WITH first AS MATERIALIZED (
    SELECT DISTINCT ON (shop_id, order_id) shop_id, order_id, at, message_id, cancel_reason FROM pg_temp.commerce_cancel_in
    WHERE reason IS NULL ORDER BY shop_id, order_id, at, message_id
), cancelled AS (
    UPDATE commerce_order_key k SET cancelled_at = f.at, cancelled_by = f.message_id, cancel_reason = f.cancel_reason
    FROM first f
    WHERE k.shop_id = f.shop_id AND k.order_id = f.order_id
      AND (k.cancelled_at IS NULL OR (f.at, f.message_id) < (k.cancelled_at, k.cancelled_by))
    RETURNING k.shop_id, k.order_id, k.cancelled_at, k.cancel_reason
)
UPDATE pg_temp.commerce_touch t SET cancelled_at = c.cancelled_at, cancel_reason = c.cancel_reason
FROM cancelled c WHERE t.shop_id = c.shop_id AND t.order_id = c.order_id
