-- Purpose: the customers whom a batch of the log touched, by the id that counts now. Rows: customers of the batch.
-- Index: events_event_position, primary key of customers_alias.
-- held: each shard with its own cursor, see `events/sql/fill_batch.sql`.
INSERT INTO pg_temp.segment_touched (shop_id, customer_id)
SELECT DISTINCT e.shop_id, coalesce(a.canonical_id, e.customer_id)
FROM (
    SELECT DISTINCT e.shop_id, e.customer_id FROM events_event e
    JOIN unnest(%(shards)s::smallint[], %(xids)s::bigint[], %(seqs)s::bigint[]) AS held (shard, xid, seq) ON held.shard = e.shard
    WHERE (e.xid, e.seq) > (%(xid)s::bigint, %(seq)s::bigint) AND (e.xid, e.seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)
      AND (e.xid, e.seq) > (held.xid, held.seq)
      AND e.shop_id = ANY (%(shops)s::bigint[]) AND e.customer_id IS NOT NULL AND e.name <> ALL (%(unread)s::text[])
) e
LEFT JOIN customers_alias a ON a.shop_id = e.shop_id AND a.customer_id = e.customer_id
