import { initialiseFilesystemRepository } from '../../repository/filesystem/initialise.ts';
import { answer } from '../answer.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-code.ts';
import type { GlobalOptions } from '../global-options.ts';
import { invalidUsage } from '../invalid-input.ts';
import { loadSpec } from '../load-spec.ts';

interface RepositoryOptions extends GlobalOptions {
  readonly operation: 'init';
  readonly name: string | undefined;
}

/** Makes declared repositories. Throws `repository/exists` where a location is not empty. */
export async function run(options: RepositoryOptions, context: Context): Promise<number> {
  const desired = await loadSpec(options, context);
  const wanted =
    options.name === undefined ? [...desired.repositories.values()] : [desired.repositories.get(options.name)];
  const made: { readonly name: string; readonly location: string; readonly id: string }[] = [];
  for (const repository of wanted) {
    if (repository === undefined)
      throw invalidUsage(
        `the spec declares no repository ${options.name ?? ''}`,
        `It declares: ${[...desired.repositories.keys()].join(', ')}.`,
      );
    const { id, location } = await initialiseFilesystemRepository(repository.path);
    made.push({ name: repository.name, location, id });
  }
  const text = made.map(({ name, location, id }) => `repository ${name} made at ${location} (id ${id})\n`).join('');
  const json = (): string =>
    JSON.stringify({ formatVersion: 1, kind: 'holdfast.repositories', repositories: made }, null, 2);
  return answer({ text: () => text, json }, options, { context, code: exitCodes.ok });
}
