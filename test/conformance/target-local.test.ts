import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { postgresqlLocalRecipe } from '../../src/engine/postgresql/local-recipe.ts';
import { localTarget } from '../../src/target/local/local.ts';
import { binariesOf, majors } from '../support/postgresql-majors.ts';
import { checkTarget } from './target.ts';

for (const major of majors) {
  const binaries = binariesOf(major) ?? '';
  describe(`local target, PostgreSQL ${major}`, () => {
    checkTarget(async () => ({
      target: localTarget({ name: 'local', binaries }, postgresqlLocalRecipe),
      major,
      bootstrapRole: 'chief',
      provenance: 'created',
      recipe: { kind: 'local', place: binaries },
      leftovers: serverDirectories,
      [Symbol.asyncDispose]: async () => undefined,
    }));
  });
}

/** The owner's process number stands in the name of its scratch directory. */
async function serverDirectories(child?: number): Promise<readonly string[]> {
  const names = await readdir(join(tmpdir(), `holdfast-${process.getuid?.() ?? 0}`)).catch(() => []);
  return names.filter((name) => [process.pid, child].some((owner) => name.startsWith(`server.${owner}.`)));
}
