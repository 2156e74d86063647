-- Purpose: note what was abandoned, and stage `Cart Abandoned`; carts with nothing in them are closed without a word.
-- Rows: up to a tick's. Index: commerce_cart's primary key.
WITH noted AS (
    UPDATE commerce_cart c
    SET state = CASE WHEN a.is_empty THEN 'closed' ELSE 'abandoned' END,
        abandoned_at = CASE WHEN a.is_empty THEN c.abandoned_at ELSE %(now)s END,
        currency = a.currency, value_minor = a.value_minor, quantity = a.quantity, products = a.products
    FROM pg_temp.commerce_abandoned a
    WHERE (c.shop_id, c.customer_id, c.cart_id, c.node_id) = (a.shop_id, a.customer_id, a.cart_id, a.node_id)
)
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties)
SELECT shop_id, 'Cart Abandoned', %(now)s, message_id, node_id, properties
FROM pg_temp.commerce_abandoned WHERE NOT is_empty
ORDER BY shop_id, node_id, cart_id
