-- Purpose: `Order Completed` events that claim an order id of another order: its total or currency differ. The earliest
-- by time has the id; the others are rejected, one that had it until now included.
-- Rows: few. No index: the batch's orders.
WITH late AS (
    UPDATE pg_temp.commerce_order_in h SET reason = 'order_conflict'
    FROM pg_temp.commerce_touch t
    WHERE h.reason IS NULL AND h.claim_rank = 1 AND t.shop_id = h.shop_id AND t.order_id = h.order_id AND t.claim_rank = 1
      AND h.message_id <> t.claimed_by
      AND (h.total_minor, h.currency) IS DISTINCT FROM (t.total_minor, t.currency)
)
INSERT INTO pg_temp.commerce_report (shop_id, customer_id, node_id, seq, name, order_id, reason)
SELECT shop_id, old_customer_id, old_node_id, old_event_seq, 'Order Completed', order_id, 'order_conflict'
FROM pg_temp.commerce_touch
WHERE is_claimed AND old_rank = 1 AND claim_rank = 1 AND old_event_seq IS NOT NULL AND old_total_minor IS NOT NULL
  AND (old_total_minor, old_currency) IS DISTINCT FROM (total_minor, currency)
