-- Purpose: bring the members among the asked customers in line with the verdicts; what changed is in pg_temp.segment_change.
-- Rows: subjects x segments at most, few as a rule. Index: primary key of segments_member.
-- Ordered: two batches that meet at a customer take the rows in the same order.
WITH entered AS (
    INSERT INTO segments_member (shop_id, customer_id, segment_id, entered_at)
    SELECT %(shop)s, v.customer_id, v.segment_id, %(now)s FROM pg_temp.segment_verdict v
    ORDER BY v.customer_id, v.segment_id
    ON CONFLICT DO NOTHING
    RETURNING segment_id, customer_id
), gone AS (
    DELETE FROM segments_member m USING pg_temp.subject s
    WHERE m.shop_id = %(shop)s AND m.customer_id = s.customer_id AND m.segment_id = ANY (%(segments)s::bigint[])
      AND NOT EXISTS (SELECT FROM pg_temp.segment_verdict v WHERE v.segment_id = m.segment_id AND v.customer_id = m.customer_id)
    RETURNING m.segment_id, m.customer_id
)
INSERT INTO pg_temp.segment_change (segment_id, customer_id, has_entered)
SELECT segment_id, customer_id, true FROM entered
UNION ALL
SELECT segment_id, customer_id, false FROM gone
