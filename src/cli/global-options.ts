import type { Argv } from 'yargs';

/** Options of every command, as yargs gives them. */
export interface GlobalOptions {
  readonly spec: string;
  readonly color: 'auto' | 'always' | 'never';
  readonly json: boolean;
  readonly format: string | undefined;
  readonly progress: 'auto' | 'live' | 'lines' | 'json' | 'none';
  readonly verbose: boolean;
}

export function globalOptions(yargs: Argv): Argv {
  return yargs
    .option('spec', {
      alias: 'f',
      type: 'string',
      default: 'backup.yaml',
      describe: 'The spec to work by',
      requiresArg: true,
    })
    .option('color', {
      choices: ['auto', 'always', 'never'],
      default: 'auto',
      describe: 'Colour; NO_COLOR and FORCE_COLOR are honoured',
    })
    .option('json', { type: 'boolean', default: false, describe: 'The same as --format json' })
    .option('progress', {
      choices: ['auto', 'live', 'lines', 'json', 'none'],
      default: 'auto',
      describe: 'Progress on standard error: a live display, lines, or JSON log records',
    })
    .option('verbose', { alias: 'v', type: 'boolean', default: false, describe: 'Show also what is unchanged' });
}

/** `--format` for a command with these formats; the first is the default. */
export function formatOption(yargs: Argv, formats: readonly string[]): Argv {
  return yargs.option('format', {
    choices: formats,
    describe: `Form of the answer on standard output (default ${formats[0] ?? 'text'})`,
    requiresArg: true,
  });
}

export function formatOf(options: GlobalOptions): string {
  return options.json ? 'json' : (options.format ?? 'text');
}
