-- Purpose: of a segment that is filled, the members who are not found any more; those whom events touched meanwhile are
-- judged apart. Rows: up to all members. Index: segments_member_of.
DELETE FROM segments_member m
WHERE m.shop_id = %(shop)s AND m.segment_id = %(segment)s
  AND NOT EXISTS (SELECT FROM pg_temp.segment_found f WHERE f.customer_id = m.customer_id)
  AND NOT EXISTS (SELECT FROM pg_temp.subject s WHERE s.customer_id = m.customer_id)
