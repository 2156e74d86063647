-- Purpose: typed copies of the promoted properties of the stamped events.
-- Rows: events of the batch x promoted properties they have. Index: events_promoted's primary key, events_event_position.
-- A value that is not of the promoted type is kept as text only: conditions on numbers do not see it.
INSERT INTO events_property (shop_id, customer_id, seq, name, text_value, number_value, boolean_value, time_value)
SELECT e.shop_id, e.customer_id, e.seq, p.property, v.*
FROM events_promoted p
JOIN events_event e ON e.shop_id = p.shop_id AND e.name = p.event_name
    AND (e.xid, e.seq) >= (%(xid)s::bigint, %(seq)s::bigint) AND (e.xid, e.seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)
JOIN pg_temp.event_stamp s ON s.xid = e.xid AND s.seq = e.seq
CROSS JOIN LATERAL (SELECT vuelve_property(e.properties, p.property) AS raw) r
CROSS JOIN LATERAL (
    SELECT left(r.raw, %(text_max)s),
           CASE WHEN p.value_type IN ('number', 'money') AND r.raw ~ '^-?[0-9]{1,15}(\.[0-9]{1,12})?$' THEN r.raw::numeric(24, 6) END,
           CASE WHEN p.value_type = 'boolean' AND r.raw IN ('true', 'false') THEN r.raw::boolean END,
           CASE WHEN p.value_type = 'time' THEN vuelve_time(r.raw) END
) v
WHERE r.raw IS NOT NULL
ON CONFLICT DO NOTHING
