-- Purpose: the persons that a dry run has not met before, each by one identifier. Rows: up to some thousand.
INSERT INTO pg_temp.import_person (kind, value)
SELECT DISTINCT kind, value FROM unnest(%(kinds)s::smallint[], %(values)s::text[]) AS person (kind, value)
ON CONFLICT DO NOTHING
RETURNING kind, value
