-- Purpose: the merges themselves. Rows: a few a batch; both customers of each are locked. Index: the primary key.
INSERT INTO customers_alias (shop_id, customer_id, canonical_id, merged_at, reason)
SELECT shop_id, from_id, into_id, %(now)s, 'linked by an event' FROM pg_temp.customers_merging
