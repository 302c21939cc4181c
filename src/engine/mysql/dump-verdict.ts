import { OperationError } from '../../base/operation-error.ts';
import type { ServerAccess } from '../server-access.ts';
import { changedErrors, tableChanged } from './changed.ts';
import { refusedConnection } from './dump-refused.ts';
import type { Flavour } from './flavour.ts';

/** Collects what a dump program says on stderr and turns its end into a verdict. */
export interface DumpVerdict {
  line(text: string): void;
  /** The error for a failed run; `error` is what ended it. */
  failure(error: unknown): OperationError;
  /** Throws `dump/failed` where it exited 0 but said anything that may mean a gap. */
  checkWarnings(): void;
}

/** What leaves nothing out of the dump. Everything else that a program exiting 0 says fails the backup. */
const harmless = [
  // The option for the first statement, before it was known.
  /unknown variable 'loose.init.command/,
  /Deprecated program name/,
];

/** Server and client errors after which another try may succeed: the connection was lost or refused for the moment. */
const connectionErrors = new Set([1040, 1053, 1152, 1159, 1160, 1161, 1203, 1317, 2002, 2003, 2006, 2013, 2026]);
const privilegeErrors = new Set([1044, 1045, 1142, 1143, 1227, 1370, 1449, 1356]);

/** What no other try changes, by the program's words: what somebody can do about it. */
const explanations: readonly { readonly found: RegExp; readonly why: string; readonly hint: string }[] = [
  { found: /\b1049\b/, why: 'does not find the database (error 1049)', hint: 'It was dropped meanwhile.' },
  {
    found: /\b(3024|1969)\b/,
    why: 'was ended by the server’s limit on the time of statements',
    hint: 'Raise max_execution_time (MySQL) or max_statement_time (MariaDB) on the server, or set it to 0.',
  },
];

export function dumpVerdict(server: ServerAccess, flavour: Flavour): DumpVerdict {
  const said: string[] = [];
  const isChanged = (number: number | undefined): boolean =>
    said.some((line) =>
      /Couldn't find table|Couldn't read status information|definition has changed|Error in field count/i.test(line),
    ) || changedErrors.has(number ?? 0);
  return {
    line(text) {
      // Bounded, because a failing dump may say much.
      if (text.trim() !== '' && !harmless.some((pattern) => pattern.test(text)) && said.length < 50) said.push(text);
    },
    failure(error) {
      if (error instanceof OperationError && error.code !== 'process/failed') return error;
      const program = flavour.programs.dump[0] ?? 'the dump program';
      const refused = refusedConnection(said, { server, program });
      if (refused !== undefined) return refused;
      const number = said.map(numberIn).find((found) => found !== undefined);
      if (isChanged(number)) return tableChanged(error);
      if (said.some((line) => /Got errno 28|No space left/.test(line)))
        return new OperationError('dump/failed', 'the file system of the dump is full', { cause: error });
      if (number === 1205)
        return new OperationError(
          'source/lock-timeout',
          'a table stayed locked longer than the server lets a dump wait',
          {
            hint: 'Another session holds a lock on it. Back up at another time.',
            transient: true,
            cause: error,
          },
        );
      if (connectionErrors.has(number ?? 0))
        return new OperationError(
          'source/connect',
          `the source server dropped ${program}’s connection (error ${number})`,
          {
            transient: true,
            cause: error,
          },
        );
      if (privilegeErrors.has(number ?? 0))
        return new OperationError(
          'capture/refused',
          `the login may not read something that ${program} needs (error ${number})`,
          {
            hint: 'Grant SELECT, SHOW VIEW, TRIGGER and EVENT on the database to the login.',
            cause: error,
          },
        );
      const explained = explanations.find(({ found }) => said.some((line) => found.test(line)));
      if (explained !== undefined)
        return new OperationError('dump/failed', `${program} ${explained.why}`, { hint: explained.hint, cause: error });
      // The server's words may quote data; its number does not.
      return new OperationError(
        'dump/failed',
        `${program} failed${number === undefined ? '' : ` with error ${number}`}`,
        {
          cause: error,
        },
      );
    },
    checkWarnings() {
      const [first] = said;
      if (first === undefined) return;
      const number = numberIn(first);
      // MariaDB's before 11 exits 0 after some of these, too.
      if (isChanged(number)) throw tableChanged(undefined);
      throw new OperationError(
        'dump/failed',
        `${flavour.programs.dump[0] ?? 'the dump program'} warned${number === undefined ? '' : ` of error ${number}`}`,
        { hint: 'It exits 0 after this warning, but the dump may lack something.' },
      );
    },
  };
}

/** `Got error: 1045: …`, `Couldn't execute '…': … (1146)`, `Error 2013: …`. */
function numberIn(line: string): number | undefined {
  const found = /(?:[Ee]rror:? |\()(\d{4})(?:[:)]|$)/.exec(line)?.[1];
  return found === undefined ? undefined : Number(found);
}
