-- Purpose: the countries that customers of the shop have, for the filter. Rows: at most 250.
-- Index: customers_word_found, from each country's first word to the next one's.
WITH RECURSIVE countries AS (
    (SELECT word FROM customers_word WHERE shop_id = %(shop)s AND word >= 'c:' AND word < 'c;' ORDER BY word LIMIT 1)
    UNION ALL
    SELECT (SELECT w.word FROM customers_word w
            WHERE w.shop_id = %(shop)s AND w.word > countries.word AND w.word < 'c;' ORDER BY w.word LIMIT 1)
    FROM countries WHERE countries.word IS NOT NULL
)
SELECT upper(substr(word, 3)) AS country FROM countries WHERE word IS NOT NULL ORDER BY country
