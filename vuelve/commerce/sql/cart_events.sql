-- Purpose: what happened in carts since the customer's last order, from the log, for `rules.carts`.
-- Rows: tens a cart. Index: commerce_cart's and commerce_order's primary keys; events_event_customer, on the partitions of
-- the last weeks. The same cart may be filled under several ids of a customer: those of all its rows are read. What was
-- refused is not in the cart.
WITH wanted AS MATERIALIZED (
    SELECT w.*, c.last_at,
           coalesce((SELECT max(o.ordered_at) FROM commerce_order o
                     WHERE o.shop_id = w.shop_id AND o.customer_id = w.customer_id AND o.ordered_at < c.last_at),
                    c.last_at - interval '30 days') AS since
    FROM unnest(%(shops)s::bigint[], %(customers)s::bigint[], %(carts)s::text[], %(nodes)s::bigint[])
     AS w (shop_id, customer_id, cart_id, node_id)
    JOIN commerce_cart c USING (shop_id, customer_id, cart_id, node_id)
)
SELECT w.shop_id, w.node_id, w.cart_id, e.name, e.occurred_at, e.message_id, e.properties
FROM wanted w
JOIN commerce_cart n ON n.shop_id = w.shop_id AND n.customer_id = w.customer_id AND n.cart_id = w.cart_id
CROSS JOIN LATERAL (
    SELECT e.name, e.occurred_at, e.message_id, e.properties FROM events_event e
    WHERE e.shop_id = w.shop_id AND e.customer_id = n.node_id
      AND e.occurred_at > greatest(w.since, w.last_at - interval '30 days') AND e.occurred_at <= w.last_at
      AND e.received_at > w.last_at - interval '31 days'
      AND e.kind = 1 AND e.name = ANY (%(cart_names)s) AND commerce_is_readable(e.properties)
      AND NOT EXISTS (SELECT FROM commerce_rejected r
                      WHERE r.shop_id = w.shop_id AND r.customer_id = w.customer_id AND r.event_seq = e.seq)
    ORDER BY e.occurred_at DESC
    LIMIT %(events_max)s
) e
ORDER BY w.shop_id, w.node_id, w.cart_id, e.occurred_at, e.message_id
