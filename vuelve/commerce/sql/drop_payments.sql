-- Purpose: forget the payments of an `Order Completed` that has lost the order id to an earlier one. Rows: few.
-- Index: commerce_payment's primary key.
DELETE FROM commerce_payment p
USING pg_temp.commerce_touch t
WHERE t.is_claimed AND t.old_rank = 1 AND p.shop_id = t.shop_id AND p.customer_id = t.customer_id AND p.order_id = t.order_id
  AND p.message_id = t.old_claimed_by
