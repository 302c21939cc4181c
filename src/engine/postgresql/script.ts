import { quoteIdentifier, quoteLiteral } from './quote.ts';

/**
 * Stands in a statement for the name of whatever role has OID 10 on the server that runs it. No PostgreSQL text holds a NUL.
 */
const bootstrapMark = '\0';

/** Builds a script of plain SQL that psql and the driver run alike: no backslash commands, no psql variables. */
export interface Script {
  /** A quoted role name; for the source's bootstrap role, the one of the server that runs the script. */
  role(name: string): string;
  /** Adds one statement, without its semicolon. */
  add(statement: string): void;
  /** Adds a PL/pgSQL body as an anonymous block. A quoted string, because names may hold `$$`. */
  block(body: string): void;
  remark(text: string): void;
  /** The statements so far, without semicolons. */
  statements(): readonly string[];
  /** All of it; every statement ends with a semicolon and a line break. */
  text(): string;
}

/**
 * `bootstrap` is the source's role with OID 10. Its name may differ on the target, so statements that mention it look it up
 * when they run: `GRANTED BY postgres` fails on a server whose first role is `admin`.
 */
export function script(bootstrap: string): Script {
  const lines: { readonly remark: boolean; readonly text: string }[] = [];
  const block = (body: string): void => void lines.push({ remark: false, text: `DO ${quoteLiteral(body)}` });
  return {
    role: (name) => (name === bootstrap ? bootstrapMark : quoteIdentifier(name)),
    block,
    add(statement) {
      if (!statement.includes(bootstrapMark)) {
        lines.push({ remark: false, text: statement });
        return;
      }
      const pieces = statement.split(bootstrapMark).map(quoteLiteral).join(' || quote_ident(boot) || ');
      block(
        `DECLARE boot text := (SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10); BEGIN EXECUTE ${pieces}; END`,
      );
    },
    remark: (text) => void lines.push({ remark: true, text: `-- ${text.replace(/[\r\n]+/g, ' ')}` }),
    statements: () => lines.filter(({ remark }) => !remark).map(({ text }) => text),
    text: () => lines.map(({ remark, text }) => `${text}${remark ? '' : ';'}\n`).join(''),
  };
}

/** The first lines of every script: the same meaning on every server, and nothing of it in the server's log or statistics. */
export const preamble: readonly string[] = [
  "SET client_encoding TO 'UTF8'",
  'SET standard_conforming_strings TO on',
  'SET default_transaction_read_only TO off',
  'SET client_min_messages TO warning',
];

/** Passwords pass through here: no statement may reach the log (only a superuser may switch that off). */
export const silence = `BEGIN
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    PERFORM pg_catalog.set_config('log_statement', 'none', false), pg_catalog.set_config('log_duration', 'off', false),
      pg_catalog.set_config('log_min_duration_statement', '-1', false), pg_catalog.set_config('log_min_duration_sample', '-1', false),
      pg_catalog.set_config('log_transaction_sample_rate', '0', false), pg_catalog.set_config('log_min_error_statement', 'panic', false),
      pg_catalog.set_config('pg_stat_statements.track', 'none', false), pg_catalog.set_config('pgaudit.log', 'none', false);
  END IF;
END`;
