-- Purpose: the login roles of Vuelve, with exactly these rights; run as the superuser at each start, so that it also
--   takes back a right that somebody gave by hand.
-- Rows expected: none returned; three rows of pg_authid written. Index used: pg_authid's unique one on rolname.
-- Why so: none of them is a superuser or may bypass row-level security, so that a policy can be relied on, and tests
--   see what production sees. The owner can become the other two only by SET ROLE: if it inherited from them, their
--   policies would apply to it.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['vuelve_owner', 'vuelve_web', 'vuelve_worker'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I', role_name);
    END IF;
  END LOOP;
END
$$;

ALTER ROLE vuelve_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION CREATEDB;
ALTER ROLE vuelve_web LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION NOCREATEDB;
ALTER ROLE vuelve_worker LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION NOCREATEDB;

GRANT vuelve_web, vuelve_worker TO vuelve_owner WITH INHERIT FALSE, SET TRUE;
-- To see whose old transaction holds back the readers of the event log (backend_xid of other roles' sessions), and
-- for the owner to end sessions, as dropping a test database does.
GRANT pg_read_all_stats TO vuelve_owner, vuelve_worker;
GRANT pg_signal_backend TO vuelve_owner;
