-- Purpose: which events say what is in the orders now: of each order the newest of its claim and its updates, if that is
-- news. They get the customer, the time and the mark of history from the claim.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: commerce_order's primary key, for orders that were known.
WITH newest AS MATERIALIZED (
    SELECT DISTINCT ON (h.shop_id, h.order_id) h.seq, h.at, h.message_id, t.shop_id, t.order_id, t.customer_id, t.node_id,
           t.ordered_at, t.historical, t.is_fresh, t.is_claimed, t.old_rank
    FROM pg_temp.commerce_order_in h
    JOIN pg_temp.commerce_touch t ON t.shop_id = h.shop_id AND t.order_id = h.order_id
    WHERE h.reason IS NULL AND t.claim_rank = 1
      AND (h.claim_rank = 2 OR (h.message_id = t.claimed_by AND h.at = t.claimed_at))
    ORDER BY h.shop_id, h.order_id, h.at DESC, h.message_id DESC
)
UPDATE pg_temp.commerce_order_in h
SET is_content = true, is_new = coalesce(n.old_rank, 2) = 2, customer_id = n.customer_id, node_id = n.node_id,
    ordered_at = n.ordered_at, historical = n.historical
FROM newest n
LEFT JOIN commerce_order o
       ON NOT n.is_claimed AND o.shop_id = n.shop_id AND o.customer_id = n.customer_id AND o.order_id = n.order_id
WHERE h.seq = n.seq AND (n.is_claimed OR o.content_at IS NULL OR (o.content_at, o.content_by) < (n.at, n.message_id))
