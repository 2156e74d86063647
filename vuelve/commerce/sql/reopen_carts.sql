-- Purpose: carts that were closed by an order whose id now has another, earlier claim are open again, and looked at anew:
-- something may have happened in them after it. Rows: few. Index: primary keys of commerce_cart and commerce_order;
-- commerce_cart_named.
WITH claimed AS MATERIALIZED (
    SELECT shop_id, order_id, customer_id, old_customer_id FROM pg_temp.commerce_touch WHERE is_claimed AND NOT is_fresh
), reopened AS (
    UPDATE commerce_cart c
    SET order_id = NULL, state = CASE WHEN c.abandoned_at IS NULL THEN 'open' ELSE 'abandoned' END
    FROM (
        SELECT t.shop_id, t.order_id, c.customer_id, c.cart_id, c.node_id
        FROM claimed t
        CROSS JOIN LATERAL (
            SELECT customer_id, cart_id, node_id, order_id FROM commerce_cart
            WHERE shop_id = t.shop_id AND customer_id IN (t.customer_id, t.old_customer_id)
            OFFSET 0) c
        WHERE c.order_id = t.order_id
        UNION
        SELECT t.shop_id, t.order_id, c.customer_id, c.cart_id, c.node_id
        FROM claimed t
        JOIN commerce_order o ON o.shop_id = t.shop_id AND o.order_id = t.order_id
             AND o.customer_id IN (t.customer_id, t.old_customer_id)
        CROSS JOIN LATERAL (
            SELECT customer_id, cart_id, node_id, order_id FROM commerce_cart
            WHERE shop_id = o.shop_id AND cart_id = o.cart_id AND cart_id <> ''
            OFFSET 0) c
        WHERE c.order_id = t.order_id
    ) f
    WHERE (c.shop_id, c.customer_id, c.cart_id, c.node_id) = (f.shop_id, f.customer_id, f.cart_id, f.node_id)
      AND c.order_id = f.order_id
    RETURNING c.shop_id, c.customer_id, c.node_id, c.cart_id, c.last_at
)
INSERT INTO pg_temp.commerce_cart_news (shop_id, customer_id, node_id, cart_id, last_at)
SELECT shop_id, customer_id, node_id, cart_id, last_at FROM reopened
