-- Purpose: runs go where the node that began them counts now. Rows: a few a move. Index: journeys_run's primary key.
UPDATE journeys_run r SET customer_id = m.into_id
FROM pg_temp.customers_moved m
WHERE r.shop_id = m.shop_id AND r.customer_id = m.from_id AND coalesce(r.node_id, r.customer_id) = m.node_id
