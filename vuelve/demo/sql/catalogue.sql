-- Purpose: the catalogue as the demo shows it, in DuckDB. Rows: 92,331.
-- The data shouts: names are set in sentence case. Categories keep the catalogue's own spelling.
-- Only plain sizes are shown: others are `CCYRS   10 OZ`, `*`, `# H32-2200T`.
CREATE TEMP TABLE catalogue AS
SELECT product_id,
       concat(upper(product_type[1]), lower(product_type[2:]), CASE WHEN regexp_full_match(package_size, '[0-9.]+ [A-Z]{2}') THEN ', ' || lower(package_size) END) AS name,
       product_category AS category,
       brand
FROM read_parquet($products)
WHERE product_type IS NOT NULL
