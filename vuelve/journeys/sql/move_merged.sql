-- Purpose: give the runs of merged customers to who they are now. Rows: a few a merge. Index: journeys_run's primary key.
UPDATE journeys_run r SET customer_id = m.into_id
FROM pg_temp.run_merge m
WHERE r.shop_id = m.shop_id AND r.customer_id = m.from_id
