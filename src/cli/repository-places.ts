import type { Context } from './context.ts';
import type { GlobalOptions } from './global-options.ts';
import { loadSpec } from './load-spec.ts';
import type { RepositoryPlace } from './open-backups.ts';

interface RepositoryOption extends GlobalOptions {
  readonly repository: string | undefined;
}

/** Where to read: the one repository that `--repository` names, without any spec, or all of the spec. Throws InvalidInput. */
export async function placesOf(options: RepositoryOption, context: Context): Promise<readonly RepositoryPlace[]> {
  if (options.repository !== undefined) return [{ path: options.repository }];
  return [...(await loadSpec(options, context)).repositories.values()];
}
