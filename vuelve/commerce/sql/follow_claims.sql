-- Purpose: the rows of an order go where its id has gone. Rows: few. No index.
INSERT INTO pg_temp.commerce_move (shop_id, from_id, into_id, order_id, into_node)
SELECT shop_id, old_customer_id, customer_id, order_id, node_id FROM pg_temp.commerce_touch
WHERE is_claimed AND NOT is_fresh AND (old_customer_id, old_node_id) <> (customer_id, node_id)
