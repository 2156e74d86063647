-- Purpose: lock the keys of the orders that were known, and say which claims of the batch are better than theirs.
-- Rows: the distinct orders of a batch. Index: commerce_order_key's primary key. ORDER BY against deadlocks.
WITH held AS MATERIALIZED (
    SELECT k.* FROM commerce_order_key k
    WHERE (k.shop_id, k.order_id) IN (SELECT shop_id, order_id FROM pg_temp.commerce_touch WHERE NOT is_fresh)
    ORDER BY k.shop_id, k.order_id
    FOR UPDATE
)
UPDATE pg_temp.commerce_touch t
SET is_claimed = (t.claim_rank, t.claimed_at, t.claimed_by) < (h.claim_rank, h.claimed_at, h.claimed_by),
    old_rank = h.claim_rank, old_customer_id = h.customer_id, old_node_id = coalesce(h.node_id, h.customer_id),
    old_claimed_by = h.claimed_by, old_event_seq = h.event_seq, old_currency = h.currency, old_total_minor = h.total_minor,
    cancelled_at = h.cancelled_at, cancel_reason = h.cancel_reason, told_delivered = h.told_delivered
FROM held h
WHERE t.shop_id = h.shop_id AND t.order_id = h.order_id
