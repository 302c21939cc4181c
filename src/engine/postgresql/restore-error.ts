/** Makes one sentence of what pg_restore prints. */
export interface RestoreFailure {
  line(text: string): void;
  /** Undefined where nothing was understood. */
  summary(): string | undefined;
}

/**
 * pg_restore prints rows: in `DETAIL`, in `CONTEXT: COPY t, line 7: "…"`, in the command that failed and sometimes in the
 * message itself. What is kept is the kind and name of the archive's entry, and the server's message where its form is known
 * to name objects only.
 */
export function restoreFailure(): RestoreFailure {
  let entry: string | undefined;
  let why: string | undefined;
  return {
    line(text) {
      if (why !== undefined) return;
      const from = /^pg_restore: from TOC entry \d+; \d+ \d+ (.*)$/.exec(text);
      if (from !== null) entry = from[1];
      const message = /^pg_restore: (?:error|fatal): (.*)$/.exec(text)?.[1];
      if (message !== undefined) why = speakable(message);
    },
    summary() {
      if (why === undefined) return undefined;
      return `pg_restore failed${entry === undefined ? '' : ` at ${clean(entry)}`}: ${why}`;
    },
  };
}

const hidden = 'the server’s message may hold data and is not shown';
const name = '"(?:[^"]|"")*"';

/**
 * Whole messages of the server whose holes are names of objects, roles, files and settings (src/backend message catalogues).
 */
const harmless: readonly RegExp[] = [
  new RegExp(`^[a-z][a-z -]* ${name}(?: of relation ${name})? (?:already exists|does not exist)(?:, skipping)?$`),
  new RegExp(`^permission denied (?:for|to) [a-z -]+(?: ${name})?$`),
  new RegExp(`^must be (?:owner of [a-z -]+ ${name}|superuser .*|able to SET ROLE ${name})$`),
  new RegExp(`^extension ${name} is not available$`),
  new RegExp(
    `^could not (?:open extension control file|access file|load library|create unique index|open file|extend file|write to file) ${name}(?:: .*)?$`,
  ),
  new RegExp(
    `^(?:insert or update on table|new row for relation|null value in column|duplicate key value violates|conflicting key value violates).* (?:unique constraint|exclusion constraint|check constraint|foreign key constraint|not-null constraint) ${name}$`,
  ),
  new RegExp(`^unrecognized configuration parameter ${name}$`),
  new RegExp(`^invalid (?:locale|LC_COLLATE locale|LC_CTYPE locale) name(?:: ${name})?$`),
  /^(?:out of memory|out of shared memory|no space left on device|canceling statement due to [a-z -]+|terminating connection due to [a-z -]+)$/i,
];

function speakable(message: string): string {
  const executed =
    /^(?:could not execute query|error returned by PQputCopyData|error returned by PQputCopyEnd|COPY failed for table "(?:[^"]|"")*"): (?:ERROR|FATAL|PANIC): {2}(.*)$/.exec(
      message,
    );
  if (executed?.[1] !== undefined)
    return harmless.some((form) => form.test(executed[1] ?? '')) ? clean(executed[1]) : hidden;
  // pg_restore's own words: the archive, the connection, a worker. They name files and databases.
  return /^(?:connection to server|could not (?:open|read|find|uncompress|close)|input file|unsupported version|a worker process died|corrupt|found unexpected|expected format)/.test(
    message,
  )
    ? clean(message)
    : hidden;
}

const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 300);
