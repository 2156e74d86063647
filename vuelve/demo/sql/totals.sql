-- Purpose: what the demo must end up with, in DuckDB: households, baskets, lines, cents paid. Rows: 1.
SELECT count(DISTINCT t.household_id), count(DISTINCT t.basket_id), count(*), coalesce(sum(round(t.sales_value * 100)::bigint), 0)::bigint
FROM read_parquet($transactions) t JOIN household USING (household_id)
