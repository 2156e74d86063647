-- Purpose: whose each event of a batch is. Rows: up to CONSUMER_BATCH_ROWS.
-- Index: the primary keys of customers_identifier and customers_alias, one probe of each a row.
-- What we recorded ourselves names its customer already, who may have been merged since. The notice of a merge keeps
-- the merged id: in that id's shard it comes after all that was ever stamped with it.
INSERT INTO pg_temp.event_stamp (xid, seq, customer_id)
SELECT b.xid, b.seq, CASE WHEN b.name = %(merged)s AND b.origin = %(ours)s THEN b.customer_id
                          ELSE coalesce(a.canonical_id, h.customer_id) END
FROM (
    SELECT *, CASE WHEN customer_id IS NOT NULL THEN 0 WHEN user_id IS NOT NULL THEN 1 WHEN email IS NOT NULL THEN 2
                   WHEN phone IS NOT NULL THEN 3 ELSE 4 END AS top
    FROM pg_temp.event_batch
) b
LEFT JOIN customers_identifier i ON i.shop_id = b.shop_id AND i.kind = b.top
    AND i.value = CASE b.top WHEN 1 THEN b.user_id WHEN 2 THEN b.email WHEN 3 THEN b.phone WHEN 4 THEN b.anonymous_id END
CROSS JOIN LATERAL (SELECT coalesce(b.customer_id, i.customer_id)) AS h (customer_id)
LEFT JOIN customers_alias a ON a.shop_id = b.shop_id AND a.customer_id = h.customer_id
WHERE h.customer_id IS NOT NULL
