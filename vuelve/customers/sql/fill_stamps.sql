-- Purpose: whose each event of a batch is: the node of its strongest identifier, for good; and whom that counts for at
-- present, which says in what order others read it. Rows: up to CONSUMER_BATCH_ROWS.
-- Index: the primary keys of customers_identifier and customers_alias, one probe of one of them a row.
-- What we recorded ourselves names its customer already. The notice of a move is read where the node was before: in
-- that shard it comes after all that was stamped while it was there.
INSERT INTO pg_temp.event_stamp (xid, seq, customer_id, canonical_id)
SELECT b.xid, b.seq, coalesce(b.customer_id, i.node_id),
       CASE WHEN b.customer_id IS NULL THEN i.customer_id
            WHEN b.name = %(merged)s AND b.origin = %(ours)s THEN coalesce((b.properties ->> 'from_id')::bigint, b.customer_id)
            ELSE coalesce(a.canonical_id, b.customer_id) END
FROM (
    SELECT *, CASE WHEN customer_id IS NOT NULL THEN 0 WHEN user_id IS NOT NULL THEN 1 WHEN email IS NOT NULL THEN 2
                   WHEN phone IS NOT NULL THEN 3 ELSE 4 END AS top
    FROM pg_temp.event_batch
) b
LEFT JOIN customers_identifier i ON i.shop_id = b.shop_id AND i.kind = b.top
    AND i.value = CASE b.top WHEN 1 THEN b.user_id WHEN 2 THEN b.email WHEN 3 THEN b.phone WHEN 4 THEN b.anonymous_id END
LEFT JOIN customers_alias a ON a.shop_id = b.shop_id AND a.customer_id = b.customer_id
WHERE b.customer_id IS NOT NULL OR i.node_id IS NOT NULL
