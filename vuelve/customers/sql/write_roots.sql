-- Purpose: who identifiers count for. Rows: as find_roots, mostly fewer. Index: customers_identifier's primary key.
UPDATE customers_identifier i SET customer_id = r.root_id
FROM pg_temp.customers_rooted r
WHERE i.shop_id = r.shop_id AND i.kind = r.kind AND i.value = r.value AND r.root_id <> r.before_id
