import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mintOpenServer } from '../../src/engine/clean-server.ts';
import { mysql } from '../../src/engine/mysql/mysql.ts';
import { compareFacts } from '../../src/manifest/compare-facts.ts';
import type { Difference } from '../../src/manifest/comparison.ts';
import type { Degradation, Fact } from '../../src/manifest/manifest.ts';
import { captureInto } from './capture.ts';
import type { TestMysql } from './mysql.ts';
import { restoreRequest } from './restore.ts';

export interface BroughtBack {
  /** What the backup was named to lack. */
  readonly degradations: readonly Degradation[];
  /** Of the restored database. */
  readonly facts: readonly Fact[];
  readonly differences: readonly Difference[];
}

/**
 * Backs a database up, restores it onto another server under its own name, and compares the structures and accounts of the
 * two.
 */
export async function bringBack(source: TestMysql, target: TestMysql, database: string): Promise<BroughtBack> {
  const engine = mysql(source.engine);
  await using capture = await captureInto(source.access('source'), database, { engine });
  const request = restoreRequest(capture, database);
  const onto = mintOpenServer(target.access('target'));
  const artefacts = {
    text: (kind: string) => readFile(join(capture.directory, `${kind}.sql`), 'utf8'),
    dumpDirectory: () => Promise.resolve(join(capture.directory, 'dump')),
  };
  await engine.restore(onto, request, artefacts, { step: () => undefined });
  const facts = await engine.inventory(onto, database, request.contents);
  const differences = compareFacts(request.contents.inventory, facts, engine.comparison);
  return { degradations: capture.captured.degradations, facts, differences };
}
