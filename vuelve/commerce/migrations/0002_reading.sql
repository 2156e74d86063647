-- How many digits each currency has after the point (CLDR's, as babel and so platform/money.py know them; a test
-- compares). The same for every shop, hence no row-level security; nobody but a migration writes it.
CREATE TABLE commerce_currency (
    code   text COLLATE "C" PRIMARY KEY,
    digits smallint NOT NULL CHECK (digits BETWEEN 0 AND 6)
);
REVOKE INSERT, UPDATE, DELETE ON commerce_currency FROM vuelve_web, vuelve_worker;
INSERT INTO commerce_currency (digits, code)
SELECT known.digits, code
FROM (VALUES
    (0, 'ADP AFN ALL BIF BYR CLP DJF ESP GNF IQD IRR ISK ITL JPY KMF KPW KRW LAK LBP LUF MGA MGF MMK
         MRO PYG RSD RWF SLL SOS STD SYP TMM TRL UGX UYI VND VUV XAF XOF XPF YER ZMK ZWD'),
    (2, 'AED AFA ALK AMD ANG AOA AOK AON AOR ARA ARL ARM ARP ARS ATS AUD AWG AZM AZN BAD BAM BAN BBD
         BDT BEC BEF BEL BGL BGM BGN BGO BMD BND BOB BOL BOP BOV BRB BRC BRE BRL BRN BRR BRZ BSD BTN
         BUK BWP BYB BYN BZD CAD CDF CHE CHF CHW CLE CNH CNX CNY COP COU CRC CSD CSK CUC CUP CVE CYP
         CZK DDM DEM DKK DOP DZD ECS ECV EEK EGP ERN ESA ESB ETB EUR FIM FJD FKP FRF GBP GEK GEL GHC
         GHS GIP GMD GNS GQE GRD GTQ GWE GWP GYD HKD HNL HRD HRK HTG HUF IDR IEP ILP ILR ILS INR ISJ
         JMD KES KGS KHR KRH KRO KYD KZT LKR LRD LSL LTL LTT LUC LUL LVL LVR MAD MAF MCF MDC MDL MKD
         MKN MLF MNT MOP MRU MTL MTP MUR MVP MVR MWK MXN MXP MXV MYR MZE MZM MZN NAD NGN NIC NIO NLG
         NOK NPR NZD PAB PEI PEN PES PGK PHP PKR PLN PLZ PTE QAR RHD ROL RON RUB RUR SAR SBD SCR SDD
         SDG SDP SEK SGD SHP SIT SKK SLE SRD SRG SSP STN SUR SVC SZL THB TJR TJS TMT TOP TPE TRY TTD
         TWD TZS UAH UAK UGS USD USN USS UYP UYU UZS VEB VED VEF VES VNN WST XAG XAU XBA XBB XBC XBD
         XCD XCG XDR XEU XFO XFU XPD XPT XRE XSU XUA YDD YUD YUM YUN YUR ZAL ZAR ZMW ZRN ZRZ ZWG ZWL
         ZWR'),
    (3, 'BHD JOD KWD LYD OMR TND'),
    (4, 'CLF UYW')
) AS known (digits, codes), regexp_split_to_table(known.codes, '\s+') AS code;

-- Events that could not be taken over, with the reason. The event itself is in the log, at event_seq.
CREATE TABLE commerce_rejected (
    shop_id     bigint NOT NULL,
    customer_id bigint NOT NULL,
    event_seq   bigint NOT NULL,
    event_name  text COLLATE "C" NOT NULL,
    order_id    text COLLATE "C",            -- as sent, cut
    reason      text COLLATE "C" NOT NULL,
    rejected_at timestamptz NOT NULL,
    PRIMARY KEY (shop_id, customer_id, event_seq)
);
CREATE INDEX commerce_rejected_recent ON commerce_rejected (shop_id, rejected_at);
-- rls: commerce_rejected

-- Whether the texts in a JSON object can be read: \u0000 and halves of surrogate pairs pass the type json, but
-- raise when taken out of it, which would stop a batch. Almost every event is settled by the first scan.
CREATE FUNCTION commerce_is_readable(properties json) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE
        WHEN json_typeof(properties) <> 'object' THEN false
        WHEN strpos(properties::text, '\u') = 0 THEN true
        WHEN properties::text !~ '\\u(0000|[dD][89a-fA-F])' THEN true
        -- What remains once escaped backslashes and whole pairs are gone.
        ELSE regexp_replace(regexp_replace(properties::text, '\\\\', ' ', 'g'),
                            '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}', ' ', 'g')
             !~ '\\u(0000|[dD][89a-fA-F])'
    END;

-- A number as it stands in JSON, bare or as a string; null for what is none, NaN and infinities included.
-- The second pattern costs five times the first, which fits almost every amount.
CREATE FUNCTION commerce_number(raw text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE
        WHEN length(raw) > 60 THEN NULL
        WHEN raw ~ '^[0-9]+(\.[0-9]+)?$' THEN raw::numeric
        WHEN raw ~ '^ *[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})? *$' THEN raw::numeric
    END;

-- A text of at most so many characters. left() counts characters even where there is nothing to cut: five of them
-- cost a sixth of the time that a batch's lines take.
CREATE FUNCTION commerce_cut(raw text, chars integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE WHEN octet_length(raw) > chars THEN left(raw, chars) ELSE raw END;
