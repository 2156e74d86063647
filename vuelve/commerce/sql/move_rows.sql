-- Purpose: rows of one table go to the customer they belong to now. Rows: those of the customers and orders in
-- pg_temp.commerce_move. Index: the table's primary key, by (shop_id, customer_id).
-- Nothing can collide: order ids, coupon codes and events are unique in a shop, carts in a node. Deleted and inserted, not
-- updated: the customer is part of the key by which the tables may one day be distributed. What stands in
-- braces is filled in by `consumers/moves.py`.
WITH gone AS (
    DELETE FROM {table} t USING pg_temp.commerce_move m
    WHERE t.shop_id = m.shop_id AND t.customer_id = m.from_id
      AND {scope}
    RETURNING m.into_id, m.into_node, t.*
)
INSERT INTO {table} (customer_id, node_id, {columns})
SELECT into_id, coalesce(into_node, node_id), {columns} FROM gone
ON CONFLICT DO NOTHING
