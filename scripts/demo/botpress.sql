-- The demo's source: a chat platform's database with everything that a backup must not lose.
-- psql variables: app_password, readonly_password.
CREATE ROLE botpress LOGIN PASSWORD :'app_password' CONNECTION LIMIT 40;
CREATE ROLE botpress_readonly LOGIN PASSWORD :'readonly_password';
CREATE ROLE botpress_staff NOLOGIN;
CREATE ROLE analyst LOGIN VALID UNTIL '2035-01-01 00:00:00+00';
COMMENT ON ROLE botpress IS 'owner of the application''s objects';
GRANT botpress_staff TO botpress_readonly;
GRANT botpress_readonly TO analyst;
ALTER ROLE botpress SET search_path = public, audit;
ALTER ROLE botpress_readonly SET default_transaction_read_only = on;

CREATE DATABASE botpress_db OWNER botpress TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' CONNECTION LIMIT 100;
COMMENT ON DATABASE botpress_db IS 'conversations, bots and their users';
REVOKE ALL ON DATABASE botpress_db FROM PUBLIC;
GRANT CONNECT ON DATABASE botpress_db TO botpress, botpress_readonly, botpress_staff;
ALTER DATABASE botpress_db SET timezone = 'Europe/Berlin';
ALTER DATABASE botpress_db SET statement_timeout = '15min';
ALTER ROLE botpress IN DATABASE botpress_db SET work_mem = '16MB';

\connect botpress_db
ALTER SCHEMA public OWNER TO botpress;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO botpress_readonly, botpress_staff;
CREATE SCHEMA audit AUTHORIZATION botpress;

SET ROLE botpress;
ALTER DEFAULT PRIVILEGES FOR ROLE botpress IN SCHEMA public GRANT SELECT ON TABLES TO botpress_readonly;
ALTER DEFAULT PRIVILEGES FOR ROLE botpress REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TYPE channel AS ENUM ('web', 'whatsapp', 'telegram', 'email');
CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@\s]+@[^@\s]+$');
CREATE SEQUENCE ticket_number START 1000 INCREMENT 7;

CREATE TABLE workspaces (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, plan text NOT NULL DEFAULT 'free', created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE accounts (id bigserial PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspaces, address email NOT NULL, display_name text COLLATE "C", settings jsonb NOT NULL DEFAULT '{}');
CREATE TABLE bots (id bigserial PRIMARY KEY, workspace_id int NOT NULL REFERENCES workspaces, name text NOT NULL, languages text[] NOT NULL DEFAULT '{en}', published boolean NOT NULL DEFAULT false);
CREATE TABLE bot_versions (bot_id bigint NOT NULL REFERENCES bots, version int NOT NULL, flow jsonb NOT NULL, checksum bytea, PRIMARY KEY (bot_id, version));
CREATE TABLE users (id bigserial PRIMARY KEY, bot_id bigint NOT NULL REFERENCES bots, external_id uuid NOT NULL, kind channel NOT NULL, tags text[] DEFAULT '{}');
CREATE TABLE conversations (id bigserial PRIMARY KEY, bot_id bigint NOT NULL REFERENCES bots, user_id bigint NOT NULL REFERENCES users, started_at timestamptz NOT NULL, closed boolean NOT NULL DEFAULT false);
CREATE TABLE messages (id bigserial, conversation_id bigint NOT NULL, sent_at timestamptz NOT NULL, author text NOT NULL, body text NOT NULL, payload jsonb, words int GENERATED ALWAYS AS (length(body) - length(replace(body, ' ', '')) + 1) STORED) PARTITION BY RANGE (sent_at);
CREATE TABLE messages_2026_09 PARTITION OF messages FOR VALUES FROM ('2026-09-01 00:00+00') TO ('2026-10-01 00:00+00');
CREATE TABLE messages_2026_10 PARTITION OF messages FOR VALUES FROM ('2026-10-01 00:00+00') TO ('2026-11-01 00:00+00');
CREATE TABLE messages_2026_11 PARTITION OF messages FOR VALUES FROM ('2026-11-01 00:00+00') TO ('2026-12-01 00:00+00');
CREATE INDEX messages_by_conversation ON messages (conversation_id, sent_at);
CREATE TABLE intents (id serial PRIMARY KEY, bot_id bigint NOT NULL REFERENCES bots, name text NOT NULL, utterances text[] NOT NULL);
CREATE TABLE entities (id serial PRIMARY KEY, bot_id bigint NOT NULL REFERENCES bots, name text NOT NULL, pattern text);
CREATE TABLE integrations (id serial PRIMARY KEY, bot_id bigint NOT NULL REFERENCES bots, kind channel NOT NULL, enabled boolean NOT NULL DEFAULT true);
CREATE TABLE webhooks (id serial PRIMARY KEY, integration_id int NOT NULL REFERENCES integrations, url text NOT NULL, retries smallint NOT NULL DEFAULT 3 CHECK (retries BETWEEN 0 AND 9));
CREATE TABLE files (id bigserial PRIMARY KEY, bot_id bigint NOT NULL REFERENCES bots, name text NOT NULL, size bigint NOT NULL, content oid);
CREATE TABLE tickets (number bigint PRIMARY KEY DEFAULT nextval('ticket_number'), conversation_id bigint NOT NULL REFERENCES conversations, subject text NOT NULL, opened_on date NOT NULL);
CREATE TABLE ticket_events (ticket bigint NOT NULL REFERENCES tickets, at timestamptz NOT NULL, event text NOT NULL, PRIMARY KEY (ticket, at, event));
CREATE TABLE feature_flags (name text PRIMARY KEY, enabled boolean NOT NULL, note text);
CREATE TABLE rate_limits (scope text PRIMARY KEY, per_minute int NOT NULL);
CREATE TABLE translations (language text, key text, value text NOT NULL, PRIMARY KEY (language, key));
CREATE TABLE metrics_daily (bot_id bigint NOT NULL REFERENCES bots, day date NOT NULL, sessions int NOT NULL, cost numeric(12,4) NOT NULL, ratio double precision, PRIMARY KEY (bot_id, day));
CREATE TABLE jobs (id bigserial PRIMARY KEY, queue text NOT NULL, run_after interval NOT NULL, state text NOT NULL);
CREATE UNLOGGED TABLE sessions_cache (token text PRIMARY KEY, expires timestamptz NOT NULL);
CREATE TABLE settings_history () INHERITS (feature_flags);
CREATE TABLE audit.log (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), actor text NOT NULL DEFAULT current_user, action text NOT NULL);

CREATE VIEW open_conversations WITH (security_barrier) AS SELECT c.id, c.bot_id, u.kind FROM conversations c JOIN users u ON u.id = c.user_id WHERE NOT c.closed;
CREATE VIEW recent_messages AS SELECT id, conversation_id, sent_at, author FROM messages WHERE sent_at >= '2026-11-01';
CREATE FUNCTION touch_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$ BEGIN INSERT INTO audit.log(action) VALUES (tg_table_name || ' ' || tg_op); RETURN NULL; END $$;
CREATE TRIGGER flags_audited AFTER INSERT OR UPDATE ON feature_flags FOR EACH STATEMENT EXECUTE FUNCTION touch_audit();

INSERT INTO workspaces(name, plan) SELECT 'workspace ' || i, (ARRAY['free','team','enterprise'])[1 + i % 3] FROM generate_series(1, 40) i;
INSERT INTO accounts(workspace_id, address, display_name, settings) SELECT 1 + i % 40, 'user' || i || '@example.org', 'Ünï ' || i, jsonb_build_object('theme', i % 3, 'note', E'tab\there "quoted" \\ back') FROM generate_series(1, 4000) i;
INSERT INTO bots(workspace_id, name, languages, published) SELECT 1 + i % 40, 'bot ' || i, ARRAY['en', 'de', NULL], i % 2 = 0 FROM generate_series(1, 120) i;
INSERT INTO bot_versions SELECT b, v, jsonb_build_object('nodes', v), decode(md5(b || '-' || v), 'hex') FROM generate_series(1, 120) b, generate_series(1, 5) v;
INSERT INTO users(bot_id, external_id, kind, tags) SELECT 1 + i % 120, md5(i::text)::uuid, (enum_range(NULL::channel))[1 + i % 4], ARRAY['tag' || i % 7] FROM generate_series(1, 30000) i;
INSERT INTO conversations(bot_id, user_id, started_at, closed) SELECT 1 + i % 120, 1 + i % 30000, '2026-09-01 00:00+00'::timestamptz + i * interval '2 minutes', i % 3 > 0 FROM generate_series(1, 40000) i;
INSERT INTO messages(conversation_id, sent_at, author, body, payload) SELECT 1 + i % 40000, '2026-09-01 00:00+00'::timestamptz + (i % 7800000) * interval '25 seconds', CASE i % 2 WHEN 0 THEN 'bot' ELSE 'user' END, 'message ' || i || ' ' || repeat(md5(i::text) || ' ', 1 + i % 3), CASE WHEN i % 5 = 0 THEN jsonb_build_object('n', i) END FROM generate_series(1, 260000) i;
INSERT INTO intents(bot_id, name, utterances) SELECT 1 + i % 120, 'intent ' || i, ARRAY['hello', 'what''s up', E'new\nline'] FROM generate_series(1, 600) i;
INSERT INTO entities(bot_id, name, pattern) SELECT 1 + i % 120, 'entity ' || i, '^\d+$' FROM generate_series(1, 300) i;
INSERT INTO integrations(bot_id, kind) SELECT 1 + i % 120, (enum_range(NULL::channel))[1 + i % 4] FROM generate_series(1, 240) i;
INSERT INTO webhooks(integration_id, url) SELECT 1 + i % 240, 'https://example.org/hook/' || i FROM generate_series(1, 240) i;
INSERT INTO tickets(conversation_id, subject, opened_on) SELECT 1 + i % 40000, 'ticket about ' || i, '2026-09-01'::date + i % 80 FROM generate_series(1, 5000) i;
INSERT INTO ticket_events SELECT number, opened_on + interval '1 hour', 'opened' FROM tickets;
INSERT INTO feature_flags VALUES ('beta', true, NULL), ('dark', false, ''), ('Größe', true, 'ü');
INSERT INTO rate_limits VALUES ('api', 600), ('web', 60);
INSERT INTO translations SELECT l, 'key.' || i, l || ' text ' || i FROM unnest(ARRAY['en', 'de', '日本']) l, generate_series(1, 500) i;
INSERT INTO metrics_daily SELECT b, '2026-10-01'::date + d, b * d, b * d * 0.0125, CASE d WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' ELSE 1.0 / d END FROM generate_series(1, 120) b, generate_series(0, 29) d;
INSERT INTO jobs(queue, run_after, state) SELECT 'q' || i % 4, i * interval '1 minute', 'waiting' FROM generate_series(1, 500) i;
INSERT INTO settings_history VALUES ('beta', false, 'before');
UPDATE conversations SET closed = true WHERE id % 11 = 0;
DELETE FROM tickets WHERE number NOT IN (SELECT ticket FROM ticket_events);
INSERT INTO files(bot_id, name, size, content) VALUES (1, 'logo.bin', 4096, lo_from_bytea(0, decode(repeat('00ff10a5', 1024), 'hex')));
SELECT format('GRANT SELECT ON LARGE OBJECT %s TO botpress_readonly', content) FROM files \gexec

CREATE MATERIALIZED VIEW messages_per_bot AS SELECT c.bot_id, count(*) AS messages FROM messages m JOIN conversations c ON c.id = m.conversation_id GROUP BY 1;
CREATE UNIQUE INDEX ON messages_per_bot (bot_id);

ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY staff_sees_all ON accounts FOR SELECT TO botpress_staff USING (true);
CREATE POLICY own_account ON accounts USING (display_name = current_user);
GRANT SELECT ON ALL TABLES IN SCHEMA public TO botpress_readonly;
GRANT SELECT (id, name), UPDATE (published) ON bots TO botpress_staff;
GRANT USAGE, SELECT ON SEQUENCE ticket_number TO botpress_staff;
RESET ROLE;
ANALYZE;
