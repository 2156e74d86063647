-- Purpose: as `suspects_duck.sql`, for Spark. Rows: few as a rule.
WITH found AS (
    SELECT :segments[n] AS segment_id, customer_id, is_member
    FROM (SELECT customer_id, posexplode(array(/* columns */)) AS (n, is_member) FROM (/* flags */) f)
)
SELECT DISTINCT customer_id
FROM (SELECT segment_id, customer_id FROM found WHERE is_member) f
FULL JOIN (SELECT segment_id, customer_id FROM segments_member WHERE array_contains(:segments, segment_id)) m
  USING (segment_id, customer_id)
WHERE f.segment_id IS NULL OR m.segment_id IS NULL
