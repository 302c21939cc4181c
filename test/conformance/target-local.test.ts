import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { localTarget } from '../../src/target/local/local.ts';
import { flavours, installationOf } from '../support/mysql-flavours.ts';
import { binariesOf, majors } from '../support/postgresql-majors.ts';
import { serverKinds } from '../support/server-kinds.ts';
import { checkTarget } from './target.ts';

const installed = [
  ...majors.map((major) => ({
    kind: serverKinds.postgresql,
    series: String(major),
    binaries: binariesOf(major) ?? '',
  })),
  ...flavours.map((flavour) => ({
    kind: serverKinds[flavour.engine],
    series: flavour.version,
    binaries: installationOf(flavour)?.base ?? '',
  })),
];

for (const { kind, series, binaries } of installed) {
  describe(`local target, ${kind.engine} ${series}`, () => {
    checkTarget(series, async () => ({
      target: localTarget({ name: 'local', binaries }, kind.local),
      kind,
      series,
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
