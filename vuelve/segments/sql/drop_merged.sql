-- Purpose: who was merged into another is in no segment; no event, since it is the other who goes on.
-- Rows: few. Index: customers_alias by canonical_id, primary key of segments_member.
DELETE FROM segments_member m USING customers_alias a, pg_temp.subject s
WHERE a.shop_id = %(shop)s AND a.canonical_id = s.customer_id AND a.customer_id <> s.customer_id
  AND m.shop_id = %(shop)s AND m.customer_id = a.customer_id
