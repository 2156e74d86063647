-- Purpose: when something last happened in each cart. News reopen it; what is older than what is known changes nothing.
-- Rows: the distinct carts of a batch, some 2,000. Index: commerce_cart's primary key. ORDER BY against deadlocks.
WITH kept AS (
    INSERT INTO commerce_cart AS c (shop_id, customer_id, node_id, cart_id, last_at, last_by, historical)
    SELECT DISTINCT ON (shop_id, customer_id, cart_id, node_id) shop_id, customer_id, node_id, cart_id, at, message_id, historical
    FROM pg_temp.commerce_cart_in
    WHERE reason IS NULL AND is_activity
    ORDER BY shop_id, customer_id, cart_id, node_id, at DESC, message_id DESC
    ON CONFLICT (shop_id, customer_id, cart_id, node_id) DO UPDATE SET
        last_at = excluded.last_at, last_by = excluded.last_by, historical = excluded.historical, state = 'open',
        order_id = NULL,
        -- After an order the same cart begins anew; before one it is still the cart that was abandoned.
        abandoned_at = CASE WHEN c.state IN ('ordered', 'recovered') THEN NULL ELSE c.abandoned_at END
    WHERE (c.last_at, c.last_by) < (excluded.last_at, excluded.last_by)
    RETURNING c.shop_id, c.customer_id, c.node_id, c.cart_id, c.last_at
)
INSERT INTO pg_temp.commerce_cart_news (shop_id, customer_id, node_id, cart_id, last_at)
SELECT shop_id, customer_id, node_id, cart_id, last_at FROM kept
