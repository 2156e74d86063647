-- Purpose: carts that an order has closed: the first one of the customer after the last thing that happened in the cart,
-- or one that names it. Looked for from both sides, since either may come first.
-- Rows: the carts and the new orders of a batch. Index: primary keys of commerce_cart and commerce_order, commerce_cart_named,
-- commerce_order_cart.
WITH seen AS MATERIALIZED (
    SELECT c.shop_id, c.customer_id, c.cart_id, c.node_id, c.last_at
    FROM (SELECT DISTINCT shop_id, customer_id, cart_id, node_id FROM pg_temp.commerce_cart_in
          WHERE reason IS NULL AND is_activity) i
    JOIN commerce_cart c USING (shop_id, customer_id, cart_id, node_id)
    UNION
    SELECT c.shop_id, c.customer_id, c.cart_id, c.node_id, c.last_at
    FROM (SELECT DISTINCT shop_id, customer_id FROM pg_temp.commerce_order_in WHERE is_content) h
    JOIN commerce_cart c USING (shop_id, customer_id)
    UNION
    SELECT c.shop_id, c.customer_id, c.cart_id, c.node_id, c.last_at
    FROM (SELECT DISTINCT shop_id, cart_id FROM pg_temp.commerce_order_in WHERE is_content AND cart_id IS NOT NULL) h
    JOIN commerce_cart c USING (shop_id, cart_id)
), closed AS MATERIALIZED (
    SELECT c.*, o.order_id
    FROM seen c
    CROSS JOIN LATERAL (
        SELECT o.order_id FROM (
            SELECT order_id, ordered_at FROM commerce_order
            WHERE shop_id = c.shop_id AND customer_id = c.customer_id AND ordered_at >= c.last_at
            UNION ALL
            -- Named by the order: whoever the cart was filled by; clocks of browsers and servers differ.
            SELECT order_id, ordered_at FROM commerce_order
            WHERE c.cart_id <> '' AND shop_id = c.shop_id AND cart_id = c.cart_id
              AND ordered_at >= c.last_at - interval '5 minutes'
        ) o
        ORDER BY o.ordered_at, o.order_id
        LIMIT 1
    ) o
    ORDER BY c.shop_id, c.customer_id, c.cart_id, c.node_id
)
UPDATE commerce_cart c
SET order_id = n.order_id, state = CASE WHEN c.abandoned_at IS NULL THEN 'ordered' ELSE 'recovered' END
FROM closed n
WHERE (c.shop_id, c.customer_id, c.cart_id, c.node_id) = (n.shop_id, n.customer_id, n.cart_id, n.node_id)
  AND c.order_id IS DISTINCT FROM n.order_id
