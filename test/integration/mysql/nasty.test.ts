import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mintOpenServer, type OpenServer } from '../../../src/engine/clean-server.ts';
import type { Engine, RestoreRequest } from '../../../src/engine/engine.ts';
import { mysql } from '../../../src/engine/mysql/mysql.ts';
import { compareFacts } from '../../../src/manifest/compare-facts.ts';
import { captureInto, type KeptCapture } from '../../support/capture.ts';
import { flavours, startMysql, type TestMysql } from '../../support/mysql.ts';
import { nastyMysqlDatabase as database, startNastyMysql } from '../../support/mysql-nasty.ts';
import { described, restoreRequest } from '../../support/restore.ts';

describe.each(flavours)('the nasty database of $engine $version', ({ engine: name, version }) => {
  const engine: Engine = mysql(name);
  let source: TestMysql;
  let target: TestMysql;
  let capture: KeptCapture;
  let request: RestoreRequest;
  const onto = (): OpenServer => mintOpenServer(target.access('target'));
  beforeAll(async () => {
    const settings = {
      'event-scheduler': 'OFF',
      'log-bin-trust-function-creators': 'ON',
      ...(name === 'mysql' ? { 'partial-revokes': 'ON' } : {}),
    };
    source = await startNastyMysql({ engine: name, version, settings });
    target = await startMysql({ engine: name, version, settings });
    capture = await captureInto(source.access('source'), database, { engine, dump: { serverHashes: true } });
    request = restoreRequest(capture, database);
    const { directory } = capture;
    const artefacts = {
      text: (kind: string) => readFile(join(directory, `${kind}.sql`), 'utf8'),
      dumpDirectory: () => Promise.resolve(join(directory, 'dump')),
    };
    await engine.restore(onto(), request, artefacts, { step: () => undefined });
  });
  afterAll(async () => {
    await capture?.[Symbol.asyncDispose]();
    await source?.[Symbol.asyncDispose]();
    await target?.[Symbol.asyncDispose]();
  });

  test('comes back with no difference but the documented ones', async () => {
    const facts = await engine.inventory(onto(), database, request.contents);
    const differences = described(compareFacts(request.contents.inventory, facts, engine.comparison));
    expect(differences).toEqual([
      ...(name === 'mariadb' ? ['informational column `shapes`.`shape` srid'] : []),
      'informational rows-hash `customers` hash',
      'informational rows-hash `extremes` hash',
      'informational rows-hash `measurements` hash',
    ]);
  });

  test('comes back with every row', async () => {
    const checks = await engine.compareData(onto(), database, request.contents, {
      jobs: 2,
      dumpDirectory: join(capture.directory, 'dump'),
      signal: new AbortController().signal,
    });
    expect(checks.filter(({ equal }) => !equal)).toEqual([]);
    const tables = request.contents.entries.filter(({ kind }) => kind === 'table-data');
    expect(checks.map(({ subject }) => subject).sort()).toEqual(tables.map(({ subject }) => subject).sort());
    // It has a negative zero, which MariaDB before 11 does not keep.
    const withoutOrder = checks.filter(({ method }) => method !== 'dump-digest').map(({ subject }) => subject);
    expect(withoutOrder).toEqual(withoutOrder.length === 0 ? [] : ['`customers`']);
  });

  test('has what cannot come back as it was named in the backup', () => {
    const named = capture.captured.degradations.map(({ code, subject }) => `${code} ${subject}`);
    expect(named).toEqual(
      expect.arrayContaining([
        'float-rounded `customers`.`ratio`',
        'float-rounded `extremes`.`f`',
        'float-rounded `measurements`.`value`',
        'orphan-definer ghost@localhost',
        'table-not-transactional `in_memory`',
        'table-not-transactional `old_engine`',
        ...(name === 'mariadb'
          ? [
              'object-not-restorable column `shapes`.`shape`',
              'table-not-transactional `aria_safe`',
              'table-not-transactional `aria_unsafe`',
            ]
          : []),
      ]),
    );
  });
});
