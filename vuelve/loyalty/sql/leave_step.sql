-- Purpose: all runs of a group leave by one edge. Rows: a group of runs. No index: a scan of the batch.
UPDATE pg_temp.run_batch SET outcome = %(outcome)s
WHERE shop_id = %(shop)s AND version_id = %(version)s AND step_key = %(step_key)s
