-- Roles belong to the server, not to the database: another database of the same server may have made them.
DO $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['vuelve_web', 'vuelve_worker'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another migration on the same server was quicker
            END;
        END IF;
        IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
            EXECUTE format('GRANT %I TO %I', wanted, current_user);
        END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', wanted);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', wanted);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO %I', wanted);
        -- What Django's own migrations made before this one.
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I', wanted);
        EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO %I', wanted);
    END LOOP;
END $$;

-- The shop of the transaction; null, so that nothing matches, when none is set.
CREATE FUNCTION vuelve_shop_id() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('vuelve.shop_id', true), '')::bigint;
CREATE FUNCTION vuelve_shop_ids() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('vuelve.shop_ids', true), '')::bigint[];

-- Makes the monthly partitions of a table for the months from first to last. Runs as the owner, so that a
-- worker can call it; refuses tables that are not ours. Partitions grant nothing: all access goes through
-- the parent, where row-level security is.
CREATE FUNCTION vuelve_ensure_months(parent regclass, first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', first_day)::date;
    child text;
    made integer := 0;
BEGIN
    IF parent::text NOT IN ('events_event', 'journeys_transition') THEN
        RAISE EXCEPTION 'no monthly partitions for %', parent;
    END IF;
    IF last_day > first_day + 4000 THEN
        RAISE EXCEPTION 'too many months at once: % to %', first_day, last_day;
    END IF;
    WHILE month <= last_day LOOP
        child := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
        IF to_regclass(child) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtext(child));
            IF to_regclass(child) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                    child, parent, month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
                EXECUTE format('REVOKE ALL ON %I FROM vuelve_web, vuelve_worker', child);
                made := made + 1;
            END IF;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;

-- Empties temporary tables for the next batch. ON COMMIT DELETE ROWS would truncate every such table of the connection
-- at every commit that touched one of them: measured 3 ms a table and commit, 120 ms with forty. Rows deleted from a
-- temporary table are never vacuumed away, and each scan passes them: past 16 pages it is truncated.
CREATE FUNCTION vuelve_clear(VARIADIC names regclass[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE name regclass;
BEGIN
    FOREACH name IN ARRAY names LOOP
        IF pg_relation_size(name) > 131072 THEN
            EXECUTE format('TRUNCATE %s', name);
        ELSE
            EXECUTE format('DELETE FROM %s', name);
        END IF;
    END LOOP;
END $$;
