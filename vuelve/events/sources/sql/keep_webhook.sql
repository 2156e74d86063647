-- Purpose: keep one webhook as it came; no row if its key was kept before. Rows: 1. Index: the primary key.
INSERT INTO events_webhook (shop_id, store_id, key, topic, received_at, triggered_at, state, reason, people, body)
VALUES (%(shop)s, %(store)s, %(key)s, %(topic)s, %(now)s, %(triggered_at)s, %(state)s, %(reason)s, %(people)s::text[], %(body)s)
ON CONFLICT DO NOTHING
