-- Purpose: of a segment that is filled, the found who are no members yet; those whom events touched meanwhile are judged
-- apart. Rows: up to all customers. Index: primary key of segments_member.
INSERT INTO segments_member (shop_id, customer_id, segment_id, entered_at)
SELECT %(shop)s, f.customer_id, %(segment)s, %(now)s FROM pg_temp.segment_found f
WHERE NOT EXISTS (SELECT FROM pg_temp.subject s WHERE s.customer_id = f.customer_id)
ON CONFLICT DO NOTHING
