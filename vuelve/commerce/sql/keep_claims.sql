-- Purpose: where the older claim holds, the working table says so. Rows: the known orders of a batch.
-- Index: commerce_order_key's primary key.
UPDATE pg_temp.commerce_touch t
SET claim_rank = k.claim_rank, claimed_at = k.claimed_at, claimed_by = k.claimed_by, customer_id = k.customer_id,
    node_id = coalesce(k.node_id, k.customer_id), event_seq = k.event_seq, ordered_at = k.ordered_at,
    historical = k.historical, currency = k.currency, total_minor = k.total_minor
FROM commerce_order_key k
WHERE k.shop_id = t.shop_id AND k.order_id = t.order_id AND NOT t.is_claimed
