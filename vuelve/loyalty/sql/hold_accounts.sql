-- Purpose: lock, in one order, the accounts that a batch's orders may change in several steps. Rows: a batch's customers.
SELECT loyalty_hold(array_agg(shop_id), array_agg(customer_id))
FROM (SELECT DISTINCT shop_id, customer_id FROM pg_temp.loyalty_standing) s
