-- Purpose: the codes that new orders and their lines name, each once an order: by the event that placed the order, whatever
-- updates say of it since. Rows: few. No index.
INSERT INTO pg_temp.commerce_coupon_use (shop_id, customer_id, node_id, order_id, code, used_at, position, historical)
SELECT DISTINCT h.shop_id, h.customer_id, h.node_id, h.order_id, upper(btrim(c.code)), t.ordered_at, h.seq, h.historical
FROM (
    SELECT seq, coupon_code AS code FROM pg_temp.commerce_order_in WHERE reason IS NULL AND coupon_code IS NOT NULL
    UNION ALL
    SELECT seq, coupon_code FROM pg_temp.commerce_line_in WHERE coupon_code IS NOT NULL
) c
JOIN pg_temp.commerce_order_in h USING (seq)
JOIN pg_temp.commerce_touch t ON t.shop_id = h.shop_id AND t.order_id = h.order_id
WHERE h.reason IS NULL AND t.event_seq = h.seq AND t.is_claimed AND t.claim_rank = 1 AND coalesce(t.old_rank, 2) = 2
  -- A cancelled order uses nothing up.
  AND t.cancelled_at IS NULL
