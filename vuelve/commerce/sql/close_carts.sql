-- Purpose: carts that an order has closed: the first one of the customer after the last thing that happened in the cart,
-- or one that names it. Looked for from both sides, since either may come first.
-- Rows: the carts and the new orders of a batch, some 4,000. Index: primary keys of commerce_cart, commerce_order and
-- commerce_order_key; commerce_cart_named, commerce_order_cart. OFFSET 0 keeps these a probe each and the times out of them:
-- without statistics the planner would rather read along the index by time (7 s a batch against 40 ms).
WITH found AS MATERIALIZED (
    SELECT c.shop_id, c.customer_id, c.cart_id, c.node_id, o.ordered_at, o.order_id
    FROM pg_temp.commerce_cart_news c
    CROSS JOIN LATERAL (
        SELECT ordered_at, order_id FROM commerce_order
        WHERE shop_id = c.shop_id AND customer_id = c.customer_id
        OFFSET 0) o
    WHERE o.ordered_at >= c.last_at
    UNION ALL
    -- Named by the order: whoever the cart was filled by; clocks of browsers and servers differ.
    SELECT c.shop_id, c.customer_id, c.cart_id, c.node_id, o.ordered_at, o.order_id
    FROM pg_temp.commerce_cart_news c
    CROSS JOIN LATERAL (
        SELECT ordered_at, order_id FROM commerce_order
        WHERE shop_id = c.shop_id AND cart_id = c.cart_id
        OFFSET 0) o
    WHERE c.cart_id <> '' AND o.ordered_at >= c.last_at - interval '5 minutes'
    UNION ALL
    SELECT c.shop_id, h.customer_id, c.cart_id, c.node_id, h.ordered_at, h.order_id
    FROM pg_temp.commerce_order_in h
    CROSS JOIN LATERAL (
        SELECT shop_id, cart_id, node_id, last_at FROM commerce_cart
        WHERE shop_id = h.shop_id AND customer_id = h.customer_id
        OFFSET 0) c
    WHERE h.is_content AND c.last_at <= h.ordered_at
    UNION ALL
    SELECT c.shop_id, c.customer_id, c.cart_id, c.node_id, h.ordered_at, h.order_id
    FROM pg_temp.commerce_order_in h
    CROSS JOIN LATERAL (
        SELECT shop_id, customer_id, cart_id, node_id, last_at FROM commerce_cart
        WHERE shop_id = h.shop_id AND cart_id = h.cart_id AND cart_id <> ''
        OFFSET 0) c
    WHERE h.is_content AND h.cart_id IS NOT NULL AND c.last_at <= h.ordered_at + interval '5 minutes'
), closed AS MATERIALIZED (
    SELECT DISTINCT ON (shop_id, customer_id, cart_id, node_id) *
    FROM found ORDER BY shop_id, customer_id, cart_id, node_id, ordered_at, order_id
)
UPDATE commerce_cart c
SET order_id = n.order_id, state = CASE WHEN c.abandoned_at IS NULL THEN 'ordered' ELSE 'recovered' END
FROM closed n
WHERE (c.shop_id, c.customer_id, c.cart_id, c.node_id) = (n.shop_id, n.customer_id, n.cart_id, n.node_id)
  AND c.order_id IS DISTINCT FROM n.order_id
  AND (c.order_id IS NULL OR (n.ordered_at, n.order_id) < (
      SELECT k.ordered_at, k.order_id FROM commerce_order_key k WHERE k.shop_id = c.shop_id AND k.order_id = c.order_id))
