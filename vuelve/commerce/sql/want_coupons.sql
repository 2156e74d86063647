-- Purpose: one coupon wanted for each run of the group. Rows: up to RUN_BATCH_ROWS. No index.
INSERT INTO pg_temp.commerce_coupon_wanted (customer_id, idempotency_key)
SELECT customer_id, 'run:' || run_id || ':' || step_key
FROM pg_temp.run_batch
WHERE shop_id = %(shop)s AND version_id = %(version)s AND step_key = %(step_key)s
