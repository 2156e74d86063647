-- Purpose: the lines of the orders that are new or have changed. Rows: some 100,000 for a full batch.
-- Index: commerce_item's primary key.
-- Not sorted by the key: the lines of one order come together anyway, and the sort cost a fifth of the statement.
INSERT INTO commerce_item (shop_id, customer_id, node_id, order_id, line, line_id, variant, ordered_at, product_id, category,
    quantity, price_minor, amount_minor)
SELECT h.shop_id, h.customer_id, h.node_id, h.order_id, l.line, l.line_id, l.variant, h.ordered_at, l.product_id, l.category,
       l.quantity, l.price_minor, l.amount_minor
FROM pg_temp.commerce_line_in l
JOIN pg_temp.commerce_order_in h ON h.seq = l.seq
