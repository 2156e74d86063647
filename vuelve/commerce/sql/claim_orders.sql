-- Purpose: give known order ids to the better claims of the batch. Rows: few; mostly orders that were only mentioned so
-- far. Index: commerce_order_key's primary key.
UPDATE commerce_order_key k
SET customer_id = t.customer_id, node_id = t.node_id, claim_rank = t.claim_rank, claimed_at = t.claimed_at,
    claimed_by = t.claimed_by, event_seq = t.event_seq, ordered_at = t.ordered_at, historical = t.historical,
    currency = t.currency, total_minor = t.total_minor
FROM pg_temp.commerce_touch t
WHERE k.shop_id = t.shop_id AND k.order_id = t.order_id AND t.is_claimed AND NOT t.is_fresh
