import { readFile, stat } from 'node:fs/promises';
import { readEnvSecret } from './env.ts';
import { readFileSecret, type SecretFile } from './file.ts';
import type { SecretSource } from './source.ts';

export interface SecretSourceOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Replaceable for tests and for other stores of files. Rejects as node:fs does. */
  readonly readFile?: (path: string) => Promise<SecretFile>;
}

/** All kinds of references in one source. Reads anew at every call, so a rotated secret is seen; keeps no value. */
export function secretSource(options: SecretSourceOptions): SecretSource {
  const read = options.readFile ?? readFromDisk;
  return {
    async read(reference) {
      switch (reference.kind) {
        case 'env':
          return readEnvSecret(reference.name, options.env);
        case 'file':
          return readFileSecret(reference.path, read);
      }
    },
  };
}

async function readFromDisk(path: string): Promise<SecretFile> {
  const text = await readFile(path, 'utf8');
  const { mode } = await stat(path);
  return { text, mode };
}
