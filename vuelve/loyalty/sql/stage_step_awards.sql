-- Purpose: an award for each run that stands at a step. Rows: a group of runs. Index: customers_alias's primary key.
INSERT INTO pg_temp.loyalty_award_in (shop_id, key, customer_id, node_id, unit, points, reference, earned_at, expires_at)
SELECT r.shop_id, 'run:' || r.run_id || ':' || r.step_key, coalesce(a.canonical_id, r.customer_id), r.customer_id,
       %(unit)s, %(points)s, %(reference)s, %(now)s, %(expires_at)s
FROM pg_temp.run_batch r
LEFT JOIN customers_alias a ON a.shop_id = r.shop_id AND a.customer_id = r.customer_id
WHERE r.shop_id = %(shop)s AND r.version_id = %(version)s AND r.step_key = %(step_key)s
