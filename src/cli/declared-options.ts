import type { Argv, Options, PositionalOptions } from 'yargs';

/** What a command line may hold, in the order of its declaration. */
export interface Declared {
  readonly options: readonly (readonly [string, Options])[];
  readonly positionals: readonly (readonly [string, PositionalOptions])[];
}

/** What a builder declares, without yargs: `option` and `positional` are the only methods that the declarations use. */
export function declaredBy(declare: (yargs: Argv) => Argv): Declared {
  const options: (readonly [string, Options])[] = [];
  const positionals: (readonly [string, PositionalOptions])[] = [];
  const recorder = {
    option: (name: string, option: Options) => {
      options.push([name, option]);
      return recorder;
    },
    positional: (name: string, positional: PositionalOptions) => {
      positionals.push([name, positional]);
      return recorder;
    },
  };
  declare(recorder as unknown as Argv);
  return { options, positionals };
}
