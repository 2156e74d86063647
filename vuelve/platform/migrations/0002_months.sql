-- The months of the log are vacuumed each half million dead rows and analysed by a tenth of them. Identity stamps every row
-- once, so that each is dead once: by a twentieth the indexes were read whole every few seconds while events came in, the
-- longer the more there were. Readers of a batch go by position, whatever the statistics say.
CREATE OR REPLACE FUNCTION vuelve_ensure_months(parent regclass, first_day date, last_day date) RETURNS integer
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
                IF parent::text = 'events_event' THEN
                    PERFORM vuelve_vacuum_seldom(child::regclass);
                END IF;
                made := made + 1;
            END IF;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;

CREATE FUNCTION vuelve_vacuum_seldom(month regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s SET (autovacuum_vacuum_threshold = 500000, autovacuum_vacuum_scale_factor = 0.1, '
        'autovacuum_vacuum_insert_threshold = 500000, autovacuum_vacuum_insert_scale_factor = 0.1, '
        'autovacuum_analyze_threshold = 20000, autovacuum_analyze_scale_factor = 0.1)', month);
END $$;
REVOKE ALL ON FUNCTION vuelve_vacuum_seldom(regclass) FROM PUBLIC;

DO $$
DECLARE month regclass;
BEGIN
    IF to_regclass('events_event') IS NOT NULL THEN
        FOR month IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'events_event'::regclass LOOP
            PERFORM vuelve_vacuum_seldom(month);
        END LOOP;
    END IF;
END $$;
