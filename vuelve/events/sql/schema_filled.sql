-- Purpose: how often the properties that Vuelve expects are filled. Rows: known names x their expected properties.
-- Index: events_schema_property's primary key.
SELECT p.name, p.property, p.texts + p.numbers + p.booleans + p.times + p.lists + p.objects
FROM events_schema_property p
WHERE p.shop_id = %(shop)s AND p.kind = 1 AND p.name = ANY (%(names)s) AND p.property = ANY (%(properties)s)
