-- One event of our own that cannot have been recorded before, since the caller's transaction has just taken the key of the
-- deed it tells: no key is looked up.
CREATE FUNCTION events_record_new(p_shop bigint, p_name text, p_now timestamptz, p_source text, p_key text, p_customer bigint,
                                  p_properties json)
RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO events_event (shop_id, kind, origin, customer_id, occurred_at, received_at, name, source, message_id, properties)
    VALUES (p_shop, 1, 1, p_customer, p_now, p_now, p_name, p_source, p_key, p_properties);
END;
