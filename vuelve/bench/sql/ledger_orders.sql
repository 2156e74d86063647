-- Purpose: the orders that the benchmark's awards are for, as commerce keeps them: 105.00 each. Rows: about a million. No index.
WITH numbers AS (SELECT number, 1 + number * 7919 %% %(customers)s AS customer_id FROM generate_series(0, %(orders)s::bigint - 1) AS number),
keys AS (
    INSERT INTO commerce_order_key (shop_id, order_id, customer_id, node_id, claimed_at)
    SELECT %(shop)s, 'order-' || number, customer_id, customer_id, %(now)s::timestamptz FROM numbers
)
INSERT INTO commerce_order (shop_id, customer_id, order_id, ordered_at, currency, subtotal_minor, total_minor, event_seq, node_id)
SELECT %(shop)s, customer_id, 'order-' || number, %(now)s::timestamptz - interval '1 hour', 'MXN', 10500, 10500, number, customer_id FROM numbers
