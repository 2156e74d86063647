-- Purpose: as `suspects.sql`, for DuckDB: the members are handed over from PostgreSQL. Rows: few as a rule.
WITH found AS (
    SELECT unnest($segments::BIGINT[]) AS segment_id, customer_id, unnest([/* columns */]) AS is_member FROM (/* flags */) f
)
SELECT DISTINCT customer_id
FROM (SELECT segment_id, customer_id FROM found WHERE is_member) f
FULL JOIN (SELECT segment_id, customer_id FROM segments_member WHERE list_contains($segments::BIGINT[], segment_id)) m
  USING (segment_id, customer_id)
WHERE f.segment_id IS NULL OR m.segment_id IS NULL
