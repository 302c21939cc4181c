-- The demo's MariaDB source: a chat platform's database with everything that a backup must not lose.
-- @app_password and @readonly_password are set by whoever feeds this to the server.
SET NAMES utf8mb4;
SET SESSION time_zone = '+00:00';

CREATE DATABASE botpress_db CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci COMMENT 'conversations, bots and their users';
EXECUTE IMMEDIATE CONCAT('CREATE USER botpress@localhost IDENTIFIED BY ', QUOTE(@app_password), ' WITH MAX_USER_CONNECTIONS 40');
EXECUTE IMMEDIATE CONCAT('CREATE USER botpress_readonly@localhost IDENTIFIED BY ', QUOTE(@readonly_password), ' PASSWORD EXPIRE NEVER');
CREATE USER former_colleague@'%' ACCOUNT LOCK;
CREATE ROLE botpress_staff;
GRANT ALL ON botpress_db.* TO botpress@localhost;
GRANT botpress_staff TO botpress_readonly@localhost;
SET DEFAULT ROLE botpress_staff FOR botpress_readonly@localhost;

USE botpress_db;
CREATE SEQUENCE ticket_number START WITH 1000 INCREMENT BY 7 CACHE 10;

CREATE TABLE workspaces (id int AUTO_INCREMENT PRIMARY KEY, name varchar(80) NOT NULL UNIQUE, plan enum('free', 'team', 'enterprise') NOT NULL DEFAULT 'free', created_at timestamp NOT NULL DEFAULT current_timestamp());
CREATE TABLE accounts (id bigint AUTO_INCREMENT PRIMARY KEY, workspace_id int NOT NULL, address varchar(120) NOT NULL CHECK (address LIKE '%@%'), display_name varchar(80) COLLATE utf8mb4_bin, settings json NOT NULL DEFAULT '{}', FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE) WITH SYSTEM VERSIONING;
CREATE TABLE bots (id bigint AUTO_INCREMENT PRIMARY KEY, workspace_id int NOT NULL, name varchar(80) NOT NULL, published boolean NOT NULL DEFAULT false, FOREIGN KEY (workspace_id) REFERENCES workspaces (id));
CREATE TABLE bot_versions (bot_id bigint NOT NULL, version int NOT NULL, flow json NOT NULL, checksum binary(16), PRIMARY KEY (bot_id, version), FOREIGN KEY (bot_id) REFERENCES bots (id));
CREATE TABLE users (id bigint AUTO_INCREMENT PRIMARY KEY, bot_id bigint NOT NULL, external_id uuid NOT NULL, kind enum('web', 'whatsapp', 'telegram', 'email') NOT NULL, address inet6, KEY (external_id), FOREIGN KEY (bot_id) REFERENCES bots (id));
CREATE TABLE conversations (id bigint AUTO_INCREMENT PRIMARY KEY, bot_id bigint NOT NULL, user_id bigint NOT NULL, started_at datetime(3) NOT NULL, closed boolean NOT NULL DEFAULT false, FOREIGN KEY (bot_id) REFERENCES bots (id), FOREIGN KEY (user_id) REFERENCES users (id));
CREATE TABLE messages (id bigint NOT NULL AUTO_INCREMENT, conversation_id bigint NOT NULL, sent_at datetime NOT NULL, author varchar(20) NOT NULL, body text NOT NULL, payload json, length int AS (char_length(body)) STORED, internal tinyint INVISIBLE DEFAULT 0, PRIMARY KEY (id, sent_at), KEY by_conversation (conversation_id, sent_at DESC)) PARTITION BY RANGE COLUMNS (sent_at) (PARTITION september VALUES LESS THAN ('2026-10-01'), PARTITION october VALUES LESS THAN ('2026-11-01'), PARTITION later VALUES LESS THAN (MAXVALUE));
CREATE TABLE intents (id int AUTO_INCREMENT PRIMARY KEY, bot_id bigint NOT NULL, name varchar(80) NOT NULL, utterances text NOT NULL, FOREIGN KEY (bot_id) REFERENCES bots (id));
CREATE TABLE entities (id int AUTO_INCREMENT PRIMARY KEY, bot_id bigint NOT NULL, name varchar(80) NOT NULL, pattern varchar(80), FOREIGN KEY (bot_id) REFERENCES bots (id));
CREATE TABLE integrations (id int AUTO_INCREMENT PRIMARY KEY, bot_id bigint NOT NULL, kind enum('web', 'whatsapp', 'telegram', 'email') NOT NULL, enabled boolean NOT NULL DEFAULT true, FOREIGN KEY (bot_id) REFERENCES bots (id));
CREATE TABLE webhooks (id int AUTO_INCREMENT PRIMARY KEY, integration_id int NOT NULL, url varchar(200) NOT NULL, retries tinyint NOT NULL DEFAULT 3 CHECK (retries BETWEEN 0 AND 9), FOREIGN KEY (integration_id) REFERENCES integrations (id));
CREATE TABLE files (id bigint AUTO_INCREMENT PRIMARY KEY, bot_id bigint NOT NULL, name varchar(80) NOT NULL, content longblob, FOREIGN KEY (bot_id) REFERENCES bots (id));
CREATE TABLE tickets (number bigint NOT NULL DEFAULT nextval(ticket_number) PRIMARY KEY, conversation_id bigint NOT NULL, subject varchar(120) NOT NULL, opened_on date NOT NULL, FOREIGN KEY (conversation_id) REFERENCES conversations (id));
CREATE TABLE ticket_events (ticket bigint NOT NULL, at datetime NOT NULL, event varchar(20) NOT NULL, PRIMARY KEY (ticket, at, event), FOREIGN KEY (ticket) REFERENCES tickets (number));
CREATE TABLE feature_flags (name varchar(40) PRIMARY KEY, enabled boolean NOT NULL, note varchar(80));
CREATE TABLE rate_limits (scope varchar(40) PRIMARY KEY, per_minute int NOT NULL);
CREATE TABLE translations (language varchar(8), `key` varchar(80), value text NOT NULL, PRIMARY KEY (language, `key`), FULLTEXT KEY (value));
CREATE TABLE metrics_daily (bot_id bigint NOT NULL, day date NOT NULL, sessions int NOT NULL, cost decimal(12, 4) NOT NULL, ratio double, PRIMARY KEY (bot_id, day), FOREIGN KEY (bot_id) REFERENCES bots (id));
CREATE TABLE places (id int AUTO_INCREMENT PRIMARY KEY, name varchar(80) NOT NULL, at point NOT NULL, SPATIAL KEY (at));
CREATE TABLE audit_log (id bigint AUTO_INCREMENT PRIMARY KEY, at timestamp NOT NULL DEFAULT current_timestamp(), actor varchar(80) NOT NULL, action varchar(80) NOT NULL);

CREATE DEFINER = botpress@localhost VIEW open_conversations AS SELECT c.id, c.bot_id, u.kind FROM conversations c JOIN users u ON u.id = c.user_id WHERE NOT c.closed;
CREATE SQL SECURITY INVOKER VIEW recent_messages AS SELECT id, conversation_id, sent_at, author FROM messages WHERE sent_at >= '2026-11-01';
CREATE DEFINER = botpress@localhost TRIGGER flags_audited AFTER INSERT ON feature_flags FOR EACH ROW INSERT INTO audit_log (actor, action) VALUES (current_user(), CONCAT('flag ', NEW.name));
CREATE DEFINER = botpress@localhost FUNCTION open_tickets(bot bigint) RETURNS int READS SQL DATA COMMENT 'how many are open' RETURN (SELECT count(*) FROM tickets t JOIN conversations c ON c.id = t.conversation_id WHERE c.bot_id = bot AND NOT c.closed);
CREATE DEFINER = botpress@localhost PROCEDURE close_conversation(IN conversation bigint) MODIFIES SQL DATA UPDATE conversations SET closed = true WHERE id = conversation;
CREATE DEFINER = botpress@localhost EVENT forget_old_logs ON SCHEDULE EVERY 1 DAY STARTS '2026-11-01 03:00:00' COMMENT 'nightly' DO DELETE FROM audit_log WHERE at < now() - INTERVAL 90 DAY;

GRANT SELECT ON botpress_db.* TO botpress_staff;
GRANT EXECUTE ON FUNCTION botpress_db.open_tickets TO botpress_staff;
GRANT INSERT (actor, action) ON botpress_db.audit_log TO botpress_readonly@localhost;

INSERT INTO workspaces (name, plan) SELECT CONCAT('workspace ', seq), ELT(1 + seq % 3, 'free', 'team', 'enterprise') FROM seq_1_to_40;
INSERT INTO accounts (workspace_id, address, display_name, settings) SELECT 1 + seq % 40, CONCAT('user', seq, '@example.org'), CONCAT('Ünï 🌍 ', seq), JSON_OBJECT('theme', seq % 3, 'note', 'tab\there "quoted" \\ back') FROM seq_1_to_4000;
UPDATE accounts SET display_name = 'renamed' WHERE id <= 10;
INSERT INTO bots (workspace_id, name, published) SELECT 1 + seq % 40, CONCAT('bot ', seq), seq % 2 = 0 FROM seq_1_to_120;
INSERT INTO bot_versions SELECT b.seq, v.seq, JSON_OBJECT('nodes', v.seq), UNHEX(MD5(CONCAT(b.seq, '-', v.seq))) FROM seq_1_to_120 b JOIN seq_1_to_5 v;
INSERT INTO users (bot_id, external_id, kind, address) SELECT 1 + seq % 120, CONCAT('6e0f4c2a-1b7d-4e3f-9a5c-', LPAD(HEX(seq), 12, '0')), 1 + seq % 4, CONCAT('2001:db8::', HEX(seq % 65536)) FROM seq_1_to_30000;
INSERT INTO conversations (bot_id, user_id, started_at, closed) SELECT 1 + seq % 120, 1 + seq % 30000, '2026-09-01' + INTERVAL seq * 2 MINUTE, seq % 3 > 0 FROM seq_1_to_40000;
INSERT INTO messages (conversation_id, sent_at, author, body, payload, internal) SELECT 1 + seq % 40000, '2026-09-01' + INTERVAL seq * 25 SECOND, IF(seq % 2, 'user', 'bot'), CONCAT('message ', seq, ' ', REPEAT(CONCAT(MD5(seq), ' '), 1 + seq % 3)), IF(seq % 5 = 0, JSON_OBJECT('n', seq), NULL), seq % 7 = 0 FROM seq_1_to_260000;
INSERT INTO intents (bot_id, name, utterances) SELECT 1 + seq % 120, CONCAT('intent ', seq), 'hello\nwhat''s up' FROM seq_1_to_600;
INSERT INTO entities (bot_id, name, pattern) SELECT 1 + seq % 120, CONCAT('entity ', seq), '^\\d+$' FROM seq_1_to_300;
INSERT INTO integrations (bot_id, kind) SELECT 1 + seq % 120, 1 + seq % 4 FROM seq_1_to_240;
INSERT INTO webhooks (integration_id, url) SELECT 1 + seq % 240, CONCAT('https://example.org/hook/', seq) FROM seq_1_to_240;
INSERT INTO files (bot_id, name, content) SELECT 1 + seq % 120, CONCAT('file ', seq), REPEAT(UNHEX('00FF27225C0A0D1A'), 5000) FROM seq_1_to_20;
INSERT INTO tickets (conversation_id, subject, opened_on) SELECT 1 + seq % 40000, CONCAT('ticket about ', seq), '2026-09-01' + INTERVAL seq % 80 DAY FROM seq_1_to_5000;
INSERT INTO ticket_events SELECT number, opened_on + INTERVAL 1 HOUR, 'opened' FROM tickets;
INSERT INTO feature_flags VALUES ('beta', true, NULL), ('dark', false, ''), ('Größe', true, 'ü');
INSERT INTO rate_limits VALUES ('api', 600), ('login', 10);
INSERT INTO translations SELECT ELT(1 + seq % 3, 'en', 'de', 'fr'), CONCAT('key ', seq), CONCAT('value ', seq) FROM seq_1_to_3000;
INSERT INTO metrics_daily SELECT 1 + seq % 120, '2026-09-01' + INTERVAL seq DIV 120 DAY, seq, seq / 7, seq / 3 FROM seq_1_to_9600;
INSERT INTO places (name, at) SELECT CONCAT('place ', seq), POINT(seq / 10, -seq / 10) FROM seq_1_to_200;
