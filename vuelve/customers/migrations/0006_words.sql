-- Words by which a customer is found, whatever its accents: of the name and the e-mail address (not of the big providers'
-- domains), `p:` with the phone's digits from the last to the first, `c:` with the country. A look-up is a range of an
-- index: `strpos` and LIKE do not reach one behind row-level security, and a search among a million must.
CREATE TABLE customers_word (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    word        text   COLLATE "C" NOT NULL,
    PRIMARY KEY (shop_id, customer_id, word)
);
CREATE INDEX customers_word_found ON customers_word (shop_id, word, customer_id);
-- rls: customers_word

-- Of a customer's row. The user id is no word: the table of identifiers finds it. At most 12 words, of 40 characters each.
CREATE FUNCTION customers_words(search_key text, user_id text, phone text, country text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT left(word, 40)), '{}')
    FROM (
        (SELECT word
         FROM regexp_split_to_table(
             regexp_replace(
                 regexp_replace(
                     CASE WHEN right(search_key, length(user_id)) = lower(user_id)
                          THEN left(search_key, -length(user_id)) ELSE search_key END,
                     '@(gmail|googlemail|hotmail|outlook|live|msn|yahoo|icloud|me|aol|proton|protonmail)\.[^ ]+', ' ', 'g'),
                 '(@[^ .]+)[^ ]*', '\1', 'g'),
             '[\s.,;:@_+/"''()&#!?*=<>|~-]+') WITH ORDINALITY AS split (word, place)
         WHERE word <> '' ORDER BY place LIMIT 12)
        UNION ALL SELECT 'p:' || reverse(ltrim(phone, '+')) WHERE phone IS NOT NULL
        UNION ALL SELECT 'c:' || lower(country) WHERE country IS NOT NULL
    ) AS words
$$;

INSERT INTO customers_word (shop_id, customer_id, word)
SELECT c.shop_id, c.id, unnest(customers_words(c.search_key, c.user_id, c.phone, c.country)) FROM customers_customer c;
