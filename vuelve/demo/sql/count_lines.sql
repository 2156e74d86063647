-- Purpose: how many order lines there are before an instant, in DuckDB. Rows: 1.
SELECT count(*) FROM read_parquet($transactions) JOIN household USING (household_id) WHERE transaction_timestamp < $until
