-- Purpose: how many entries begin with each of the words that were typed, up to a cap: which of them narrows most.
-- Rows: one a word. Index: customers_word_found, at most %(cap)s entries of it a word.
SELECT typed.word, (
    SELECT count(*) FROM (
        SELECT FROM customers_word w
        WHERE w.shop_id = %(shop)s AND w.word >= typed.word AND w.word < typed.word || chr(1114111)
        LIMIT %(cap)s
    ) AS entries
) AS entries
FROM unnest(%(words)s::text[]) AS typed (word)
