import type { Argv } from 'yargs';
import type { Context } from './context.ts';
import { formatOption, type GlobalOptions } from './global-options.ts';

export type Run<Options> = (options: Options, context: Context) => Promise<number>;

export interface Command {
  readonly usage: string;
  readonly describe: string;
  readonly options: (yargs: Argv) => Argv;
  /** Loaded only when the command runs: start-up stays fast. Gives the exit code. */
  readonly load: () => Promise<Run<GlobalOptions & Record<string, unknown>>>;
}

const addresses = (yargs: Argv, describe: string): Argv =>
  yargs.positional('address', { type: 'string', array: true, describe, default: [] });
const reports = (yargs: Argv, formats: string): Argv =>
  yargs.option('report', {
    type: 'string',
    array: true,
    default: [],
    describe: `FORMAT=PATH, also write the answer to a file (${formats}); may be repeated`,
    requiresArg: true,
  });
const repository = (yargs: Argv): Argv =>
  yargs.option('repository', {
    type: 'string',
    describe: 'Location of a repository to read, without any spec',
    requiresArg: true,
  });
const now = (yargs: Argv): Argv =>
  yargs.option('now', {
    type: 'boolean',
    default: false,
    describe: 'Back up also what is not due, before a migration for instance',
  });
const parallel = (yargs: Argv, what: string): Argv =>
  yargs.option('parallel', {
    type: 'string',
    default: '4',
    describe: `${what} worked on at the same time`,
    requiresArg: true,
  });

/** Every command: what it takes, and where its code lies. */
export const commands: readonly Command[] = [
  {
    usage: 'validate',
    describe: 'Check the spec, offline',
    options: (yargs) => formatOption(yargs, ['text', 'json', 'github']),
    load: async () => runOf(await import('./commands/validate.ts')),
  },
  {
    usage: 'plan [address..]',
    describe: 'Show what differs between the declared and the existing backup state; changes nothing',
    options: (yargs) =>
      now(
        reports(
          formatOption(addresses(yargs, 'server/database, * and ? allowed'), ['text', 'json', 'markdown']),
          'text, json, markdown',
        ),
      )
        .option('detailed-exitcode', {
          type: 'boolean',
          default: false,
          describe: 'Exit with 2 where there are changes; findings alone change no exit code',
        })
        .option('refresh', {
          type: 'boolean',
          default: true,
          describe: 'Connect to the servers; --no-refresh or --refresh=false plans from the repositories alone',
        })
        .option('out', { type: 'string', describe: 'Save the plan, for apply', requiresArg: true }),
    load: async () => runOf(await import('./commands/plan.ts')),
  },
  {
    usage: 'apply [plan]',
    describe: 'Carry out the plan: back up, verify, sweep, expire',
    options: (yargs) =>
      now(
        parallel(
          reports(
            formatOption(
              yargs.positional('plan', { type: 'string', describe: 'A plan saved by plan --out; it is the approval' }),
              ['text', 'json'],
            ),
            'text, json',
          ),
          'Databases',
        ),
      )
        .option('auto-approve', { type: 'boolean', default: false, describe: 'Do not ask' })
        .option('allow-delete', {
          type: 'boolean',
          default: false,
          describe: 'Also expire backups; --auto-approve alone never does',
        })
        .option('only', {
          type: 'string',
          array: true,
          default: [],
          describe: 'server/database, * and ? allowed; may be repeated',
          requiresArg: true,
        }),
    load: async () => runOf(await import('./commands/apply.ts')),
  },
  {
    usage: 'show <plan>',
    describe: 'Render a saved plan',
    options: (yargs) =>
      formatOption(yargs.positional('plan', { type: 'string', demandOption: true }), ['text', 'json']),
    load: async () => runOf(await import('./commands/show.ts')),
  },
  {
    usage: 'list [address..]',
    describe: 'List the backups and what they hold',
    options: (yargs) =>
      repository(formatOption(addresses(yargs, 'server/database, * and ? allowed'), ['text', 'json'])),
    load: async () => runOf(await import('./commands/list.ts')),
  },
  {
    usage: 'verify [address..]',
    describe: 'Read backups whole: checksums, and that every artefact decodes to its end with its rows',
    options: (yargs) =>
      repository(
        reports(formatOption(addresses(yargs, 'server/database, * and ? allowed'), ['text', 'json']), 'text, json'),
      )
        .option('level', { choices: ['L1', 'L2'], default: 'L2', describe: 'L1: checksums; L2: also content' })
        .option('set', {
          type: 'string',
          describe: 'Id of the backup, which names the database as well; the newest where absent',
          requiresArg: true,
        })
        .option('all', {
          type: 'boolean',
          default: false,
          describe: 'Every backup, not only the newest of each database',
        }),
    load: async () => runOf(await import('./commands/verify.ts')),
  },
  {
    usage: 'drill [address..]',
    describe: 'Restore onto a clean server and prove that everything came back',
    options: (yargs) =>
      reports(
        formatOption(addresses(yargs, 'server/database, * and ? allowed'), ['text', 'json', 'junit', 'markdown']),
        'text, json, junit, markdown',
      )
        .option('due', { type: 'boolean', default: false, describe: 'Only the drills that the plan calls due' })
        .option('set', {
          type: 'string',
          describe: 'Id of the backup, which names the database as well; the newest where absent',
          requiresArg: true,
        })
        .option('target', { type: 'string', describe: 'Name of a target, instead of the policy’s', requiresArg: true })
        .option('level', {
          choices: ['L3', 'L4', 'L5', 'L6'],
          describe: 'How far to prove, instead of the policy’s',
          requiresArg: true,
        }),
    load: async () => runOf(await import('./commands/drill.ts')),
  },
  {
    usage: 'restore [address..]',
    describe: 'Restore databases, with their roles, onto a server that you name',
    options: (yargs) =>
      repository(
        reports(formatOption(addresses(yargs, 'server/database, * and ? allowed'), ['text', 'json']), 'text, json'),
      )
        .option('to', {
          type: 'string',
          demandOption: true,
          describe: 'A target or server of the spec, or postgresql://USER@HOST:PORT (mysql://, mariadb://)',
          requiresArg: true,
        })
        .option('to-password', {
          type: 'string',
          describe: 'env:NAME or file:PATH, for a server given as URL',
          requiresArg: true,
        })
        .option('set', {
          type: 'string',
          describe: 'Id of the backup; it names the database as well',
          requiresArg: true,
        })
        .option('before', {
          type: 'string',
          describe: 'The newest backup whose snapshot is not later than this time (ISO 8601 with zone)',
          requiresArg: true,
        })
        .option('as', { type: 'string', describe: 'Other name for the restored database', requiresArg: true })
        .option('jobs', { type: 'string', default: '4', describe: 'Parallel jobs of each restore', requiresArg: true })
        .option('parallel', {
          type: 'string',
          default: '1',
          describe: 'Databases restored at the same time',
          requiresArg: true,
        })
        .option('clients', { type: 'string', describe: 'Folder with the client programs', requiresArg: true })
        .option('dry-run', {
          type: 'boolean',
          default: false,
          describe: 'Check everything and print the steps; write nothing',
        })
        .option('overwrite-database', {
          type: 'boolean',
          default: false,
          describe: 'Drop a database of the same name first',
        })
        .option('overwrite-roles', {
          type: 'boolean',
          default: false,
          describe: 'Change existing roles to what the backup says',
        })
        .option('allow-source', {
          type: 'boolean',
          default: false,
          describe: 'Restore onto the very server the backup came from',
        }),
    load: async () => runOf(await import('./commands/restore.ts')),
  },
  {
    usage: 'repository <operation> [name]',
    describe: 'init: make a declared repository; nothing else ever makes one',
    options: (yargs) =>
      yargs
        .positional('operation', { choices: ['init'], demandOption: true })
        .positional('name', { type: 'string', describe: 'Name in the spec; all where absent' }),
    load: async () => runOf(await import('./commands/repository.ts')),
  },
];

/** yargs has checked names and types by `options` above; each command declares the same as its options type. */
function runOf<Options extends GlobalOptions>(module: {
  readonly run: Run<Options>;
}): Run<GlobalOptions & Record<string, unknown>> {
  return module.run as unknown as Run<GlobalOptions & Record<string, unknown>>;
}
