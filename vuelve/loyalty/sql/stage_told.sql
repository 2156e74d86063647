-- Purpose: an event for each transfer of the batch. Rows: as many as transfers. No index: a scan of temporary rows.
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties)
SELECT shop_id, name, at, key, customer_id, properties FROM pg_temp.loyalty_told ORDER BY seq
