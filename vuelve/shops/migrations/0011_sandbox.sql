-- A mark for good: a shop with customers of its own must never become one that is emptied by a button.
CREATE FUNCTION shops_sandbox_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'whether a shop is a sandbox cannot be changed' USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER shops_sandbox_stays BEFORE UPDATE OF is_sandbox ON shops_shop
    FOR EACH ROW WHEN (OLD.is_sandbox IS DISTINCT FROM NEW.is_sandbox) EXECUTE FUNCTION shops_sandbox_stays();

-- Empties a sandbox: all rows of all tables that have a shop, but for who works there and what they did. How many rows.
-- SECURITY DEFINER, since nobody else may delete from the ledger; it looks at the mark itself. It waits for the consumers'
-- batches and holds new ones back, so that none writes about what is gone; twice, for what a tick committed meanwhile.
CREATE FUNCTION vuelve_reset_sandbox(p_shop bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    each_table text;
    gone bigint;
    total bigint := 0;
BEGIN
    IF NOT (p_shop = ANY (vuelve_shop_ids())) THEN
        RAISE EXCEPTION 'shop % is not in the scope', p_shop USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM shops_shop WHERE id = p_shop AND is_sandbox FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'shop % is no sandbox', p_shop USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM events_cursor ORDER BY consumer, shard FOR UPDATE;
    FOR pass IN 1..2 LOOP
        FOR each_table IN
            SELECT c.relname FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'shop_id' AND NOT a.attisdropped
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND c.relname NOT IN ('shops_membership', 'shops_apikey', 'shops_invitation', 'shops_auditentry',
                                    'shops_retention', 'shops_sandbox')
            ORDER BY c.relname = 'events_event' DESC, c.relname
        LOOP
            EXECUTE format('DELETE FROM %I WHERE shop_id = $1', each_table) USING p_shop;
            GET DIAGNOSTICS gone = ROW_COUNT;
            total := total + gone;
        END LOOP;
    END LOOP;
    RETURN total;
END
$$;
REVOKE EXECUTE ON FUNCTION vuelve_reset_sandbox FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vuelve_reset_sandbox TO vuelve_worker;
