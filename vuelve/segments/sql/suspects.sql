-- Purpose: everyone of whom some tree says something else than segments_member. Rows: few as a rule. Index: none by plan:
-- everyone is looked at. One statement that only reads: it may take minutes, and a transaction that has written would
-- keep all consumers from moving on.
WITH found AS (
    SELECT v.segment_id, f.customer_id FROM (/* flags */) f
    CROSS JOIN LATERAL unnest(%(segments)s::bigint[], ARRAY[/* columns */]) AS v (segment_id, is_member)
    WHERE v.is_member
)
SELECT DISTINCT customer_id
FROM found f
FULL JOIN (
    SELECT segment_id, customer_id FROM segments_member WHERE shop_id = %(shop)s AND segment_id = ANY (%(segments)s::bigint[])
) m USING (segment_id, customer_id)
WHERE f.segment_id IS NULL OR m.segment_id IS NULL
