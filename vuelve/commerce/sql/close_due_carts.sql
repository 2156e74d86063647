-- Purpose: of the carts that are due, those that are not to be told of: an order closed them (its customer may have been
-- merged since), the same cart was used later under another of the customer's ids, or it is too long ago.
-- Rows: up to a tick's. OFFSET 0 as in `close_carts`. Index: primary keys of commerce_cart and commerce_order, commerce_order_cart.
WITH due AS MATERIALIZED (
    SELECT c.shop_id, c.customer_id, c.cart_id, c.node_id, c.last_at, c.last_by, c.abandoned_at
    FROM unnest(%(shops)s::bigint[], %(customers)s::bigint[], %(carts)s::text[], %(nodes)s::bigint[])
     AS w (shop_id, customer_id, cart_id, node_id)
    JOIN commerce_cart c USING (shop_id, customer_id, cart_id, node_id)
), ordered AS MATERIALIZED (
    SELECT c.*, o.order_id
    FROM due c
    CROSS JOIN LATERAL (
        SELECT o.order_id FROM (
            (SELECT order_id, ordered_at FROM commerce_order
             WHERE shop_id = c.shop_id AND customer_id = c.customer_id
             OFFSET 0)
            UNION ALL
            (SELECT order_id, ordered_at + interval '5 minutes' FROM commerce_order
             WHERE c.cart_id <> '' AND shop_id = c.shop_id AND cart_id = c.cart_id
             OFFSET 0)
        ) o
        WHERE o.ordered_at >= c.last_at
        ORDER BY o.ordered_at, o.order_id
        LIMIT 1
    ) o
), quiet AS MATERIALIZED (
    SELECT * FROM due d
    WHERE NOT EXISTS (SELECT FROM ordered o WHERE (o.shop_id, o.customer_id, o.cart_id, o.node_id)
                                                = (d.shop_id, d.customer_id, d.cart_id, d.node_id))
      AND (d.last_at <= %(oldest)s OR EXISTS (
          SELECT FROM commerce_cart c
          WHERE c.shop_id = d.shop_id AND c.customer_id = d.customer_id AND c.cart_id = d.cart_id
            AND (c.last_at, c.last_by, c.node_id) > (d.last_at, d.last_by, d.node_id)))
), settled AS (
    SELECT shop_id, customer_id, cart_id, node_id, order_id,
           CASE WHEN abandoned_at IS NULL THEN 'ordered' ELSE 'recovered' END AS state
    FROM ordered
    UNION ALL
    SELECT shop_id, customer_id, cart_id, node_id, NULL, 'closed' FROM quiet
)
UPDATE commerce_cart c SET state = s.state, order_id = s.order_id
FROM settled s
WHERE (c.shop_id, c.customer_id, c.cart_id, c.node_id) = (s.shop_id, s.customer_id, s.cart_id, s.node_id)
RETURNING c.shop_id, c.customer_id, c.cart_id, c.node_id
