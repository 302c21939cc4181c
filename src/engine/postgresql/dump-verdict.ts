import { OperationError } from '../../base/operation-error.ts';
import type { ServerAccess } from '../server-access.ts';
import { droppedMeanwhile } from './dropped-objects.ts';
import { refusedConnection } from './dump-refused.ts';
import { lockHint } from './query-error.ts';

/** Collects what pg_dump says on stderr and turns its end into a verdict. Lines are in English: it runs with LC_ALL=C. */
export interface DumpVerdict {
  line(text: string): void;
  /** The error for a failed run; `error` is what ended it. */
  failure(error: unknown): OperationError;
  /** Throws `dump/failed` where it exited 0 but warned of something that may be missing. */
  checkWarnings(): void;
}

/**
 * Warnings of pg_dump that leave nothing out of the archive, or whose gap the preflight has named already. Any other one
 * fails the backup: pg_dump exits 0 after all of them (its warnings are in pg_dump.c, pg_backup_archiver.c, common.c).
 */
const harmless = [
  /^there are circular foreign-key constraints/,
  /^subscriptions not dumped because current user is not a superuser/,
  /^owner of .* appears to be invalid/,
  /^typtype of data type .* appears to be invalid/,
];

const causes: readonly { readonly pattern: RegExp; readonly make: () => OperationError }[] = [
  {
    // pg_dump waits for locks under statement_timeout, and runs everything else without (getTables in pg_dump.c).
    pattern: /canceling statement due to (lock|statement) timeout|could not obtain lock on relation/,
    make: () =>
      new OperationError('source/lock-timeout', 'a table stayed locked longer than the lock wait allows', {
        hint: lockHint,
        transient: true,
      }),
  },
  {
    pattern: /row-level security/,
    make: () =>
      new OperationError('capture/row-security', 'row-level security would hide rows from the login', {
        hint: 'Give the login the attribute BYPASSRLS.',
      }),
  },
  {
    pattern: /server version mismatch/,
    make: () =>
      new OperationError('client/too-old', 'pg_dump refuses the server’s version', {
        hint: 'Install the client programs of the server’s major version.',
      }),
  },
  {
    pattern: /No space left on device|Disk quota exceeded/,
    make: () =>
      new OperationError('dump/failed', 'no space is left where the dump is written', {
        hint: 'That is below scratch/ of the repository, on its own disk: free space there.',
      }),
  },
  {
    pattern: /due to conflict with recovery/,
    make: () =>
      new OperationError('dump/failed', 'the standby cancelled the dump, which stood in the way of its replay', {
        hint: 'Set hot_standby_feedback = on at the standby, or raise its max_standby_streaming_delay.',
        transient: true,
      }),
  },
  {
    pattern:
      /server closed the connection|terminating connection|could not receive data|the database system is|SSL SYSCALL|connection to client lost/,
    make: () =>
      new OperationError('source/connect', 'the source server dropped pg_dump’s connection', { transient: true }),
  },
  {
    pattern: /could not open relation with OID|cache lookup failed|relation .* does not exist/,
    make: () => droppedMeanwhile('an object that pg_dump was to read'),
  },
  {
    pattern: /snapshot .* does not exist|invalid snapshot identifier/,
    make: () => new OperationError('dump/failed', 'the snapshot was lost', { transient: true }),
  },
];

/** `dumped` is what pg_dump was to connect to. */
export function dumpVerdict(dumped: { readonly server: ServerAccess; readonly database: string }): DumpVerdict {
  const problems: string[] = [];
  const warnings: string[] = [];
  return {
    line(text) {
      const warning = /^pg_dump: warning: (.*)$/.exec(text)?.[1];
      if (warning !== undefined && !harmless.some((pattern) => pattern.test(warning))) warnings.push(warning);
      // Error lines and the server's words below them; bounded, because a failing dump may say much.
      if (/^pg_dump: (error|detail):|ERROR:|FATAL:|^connection to server /.test(text) && problems.length < 50)
        problems.push(text);
    },
    failure(error) {
      if (error instanceof OperationError && error.code !== 'process/failed') return error;
      const refused = refusedConnection(problems, dumped);
      if (refused !== undefined) return refused;
      const denied = problems
        .map((line) => /permission denied for (?:table|sequence|schema|large object|relation|view) .*$/.exec(line)?.[0])
        .find((text) => text !== undefined);
      if (denied !== undefined)
        return new OperationError('capture/refused', denied.slice(0, 200), {
          hint: 'Make the login a member of pg_read_all_data.',
          cause: error,
        });
      for (const { pattern, make } of causes) if (problems.some((line) => pattern.test(line))) return make();
      // pg_dump's own words name objects; what the server answered may quote data and stays unsaid.
      const own = problems
        .map((line) => /^pg_dump: error: ([^:]{1,200})/.exec(line)?.[1])
        .find((text) => text !== undefined);
      return new OperationError('dump/failed', `pg_dump failed${own === undefined ? '' : `: ${own}`}`, {
        cause: error,
      });
    },
    checkWarnings() {
      const [first] = warnings;
      if (first === undefined) return;
      throw new OperationError('dump/failed', `pg_dump warned: ${first.slice(0, 200)}`, {
        hint: 'pg_dump exits 0 after this warning, but the dump may lack something.',
      });
    },
  };
}
