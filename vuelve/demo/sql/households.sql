-- Purpose: the households of the demo and when each first bought, in DuckDB. Rows: 2,469, or as many as were asked for.
CREATE TEMP TABLE household AS
SELECT t.household_id, min(t.transaction_timestamp) AS first_order_at, any_value(d.age) AS age_range, any_value(d.household_size) AS household_size
FROM read_parquet($transactions) t LEFT JOIN read_parquet($demographics) d USING (household_id)
WHERE $every OR list_contains($wanted, t.household_id)
GROUP BY t.household_id
