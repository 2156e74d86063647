-- Purpose: drop hourly counts that no page shows any more. Rows: names x hours that have passed since the last call.
-- Index: events_schema_hour_age.
DELETE FROM events_schema_hour WHERE hour < %(before)s
