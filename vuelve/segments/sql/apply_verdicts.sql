-- Purpose: bring the members among the asked customers in line with the verdicts; what changed is in pg_temp.segment_change.
-- Rows: subjects x segments at most are read, few as a rule are written: those of whom it is known already are not tried.
-- Index: primary key of segments_member. EXCEPT: hashed whatever the planner thinks of tables without statistics.
-- Ordered: two batches that meet at a customer take the rows in the same order.
WITH known AS MATERIALIZED (
    SELECT m.segment_id, m.customer_id
    FROM pg_temp.subject s
    JOIN segments_member m ON m.shop_id = %(shop)s AND m.customer_id = s.customer_id
    WHERE m.segment_id = ANY (%(segments)s::bigint[])
), entered AS (
    INSERT INTO segments_member (shop_id, customer_id, segment_id, entered_at)
    SELECT %(shop)s, v.customer_id, v.segment_id, %(now)s
    FROM (SELECT segment_id, customer_id FROM pg_temp.segment_verdict EXCEPT SELECT segment_id, customer_id FROM known) v
    ORDER BY v.customer_id, v.segment_id
    ON CONFLICT DO NOTHING
    RETURNING segment_id, customer_id
), gone AS (
    DELETE FROM segments_member m
    USING (SELECT segment_id, customer_id FROM known EXCEPT SELECT segment_id, customer_id FROM pg_temp.segment_verdict) g
    WHERE m.shop_id = %(shop)s AND m.customer_id = g.customer_id AND m.segment_id = g.segment_id
    RETURNING m.segment_id, m.customer_id
)
INSERT INTO pg_temp.segment_change (segment_id, customer_id, has_entered)
SELECT segment_id, customer_id, true FROM entered
UNION ALL
SELECT segment_id, customer_id, false FROM gone
