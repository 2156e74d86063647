-- Purpose: 10,000 rows of the workload into the bare log. Index: copies of all indexes of events_event are kept.
COPY bench_event (shop_id, xid, seq, kind, origin, historical, shard, customer_id, occurred_at, received_at, name, source,
                  message_id, user_id, properties) FROM STDIN
