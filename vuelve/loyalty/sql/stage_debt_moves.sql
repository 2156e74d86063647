-- Purpose: what a profile owes goes with it; only what it owes itself. Rows: a few a merge. Index: loyalty_account's primary key.
INSERT INTO pg_temp.loyalty_debt_in (shop_id, from_id, into_id)
SELECT m.shop_id, m.from_id, m.into_id
FROM pg_temp.customers_moved m
JOIN loyalty_account a ON a.shop_id = m.shop_id AND a.customer_id = m.from_id AND a.balance < 0
WHERE m.from_id = m.node_id
