-- Purpose: the orders of those events, with items and parcels; one of them with 500 lines. Rows: a sixth of the events. No index.
WITH said AS MATERIALIZED (
    SELECT seq, customer_id, occurred_at, row_number() OVER (ORDER BY occurred_at) AS n FROM events_event
    WHERE shop_id = %(shop)s AND name = 'Order Completed'
), keys AS (
    INSERT INTO commerce_order_key (shop_id, order_id, customer_id, node_id, claim_rank, claimed_at, event_seq, ordered_at, currency, total_minor)
    SELECT %(shop)s, 'o-' || n, customer_id, customer_id, 1, occurred_at, seq, occurred_at, 'MXN', 10000 + n %% 90000 FROM said
), items AS (
    INSERT INTO commerce_item (shop_id, customer_id, order_id, line, ordered_at, product_id, category, quantity, price_minor, amount_minor, node_id)
    SELECT %(shop)s, customer_id, 'o-' || n, line, occurred_at, 'p-' || (n * line) %% 5000, 'c-' || n %% 40, 1, 5000, 5000, customer_id
    FROM said, LATERAL generate_series(1, CASE n WHEN 1 THEN 500 ELSE 2 END) AS line
), parcels AS (
    INSERT INTO commerce_shipment (shop_id, customer_id, order_id, shipment_id, milestone, status, updated_at, node_id)
    SELECT %(shop)s, customer_id, 'o-' || n, '1', 5, 'delivered', occurred_at, customer_id FROM said WHERE n %% 2 = 0
), carts AS (
    INSERT INTO commerce_cart (shop_id, customer_id, node_id, cart_id, last_at, last_by, historical, state, order_id, currency, value_minor, quantity)
    SELECT %(shop)s, customer_id, customer_id, 'k-' || n, occurred_at, 'm', false,
           (ARRAY['ordered', 'abandoned', 'closed', 'recovered'])[1 + n %% 4], 'o-' || n, 'MXN', 9900, 2 FROM said WHERE n %% 3 = 0
), refused AS (
    INSERT INTO commerce_rejected (shop_id, customer_id, event_seq, event_name, order_id, reason, rejected_at)
    SELECT %(shop)s, customer_id, seq, 'Order Completed', 'o-' || n, 'other_total', occurred_at FROM said WHERE n %% 20 = 0
)
INSERT INTO commerce_order (shop_id, customer_id, order_id, order_number, ordered_at, currency, subtotal_minor, total_minor, refunded_minor, paid_minor, event_seq, node_id, status)
SELECT %(shop)s, customer_id, 'o-' || n, '#' || 1000 + n, occurred_at, 'MXN', 10000 + n %% 90000, 10000 + n %% 90000,
       CASE WHEN n %% 997 = 0 THEN 100 ELSE 0 END, 0, seq, customer_id,
       CASE WHEN n %% 5000 = 0 THEN 'cancelled' WHEN n %% 997 = 0 THEN 'partially_refunded' WHEN n %% 3 = 0 THEN 'open' ELSE 'paid' END
FROM said
