import { expect, test } from 'vitest';
import { postgresql } from '../../../src/engine/postgresql/postgresql.ts';
import { captureInto } from '../../support/capture.ts';
import { startPooler } from '../../support/pooler.ts';
import { startPostgresql } from '../../support/postgresql.ts';

test.for([true, false])(
  'a pooler in between is named, by plan and apply (it ignores settings: %s)',
  async (ignores) => {
    await using server = await startPostgresql();
    await using pooler = await startPooler(server, { ignores });
    const { signal } = new AbortController();
    const seen = await postgresql().observe(pooler.access(), { databases: new Map(), digestKey: undefined, signal });
    expect(seen).toMatchObject({
      state: 'unreachable',
      diagnostic: {
        code: 'server/unreachable',
        summary: 'server is reached through a connection pooler',
        help: 'Give the server’s own host and port.',
      },
    });
    await expect(captureInto(pooler.access(), 'postgres')).rejects.toMatchObject({
      message: 'server is reached through a connection pooler',
      transient: false,
    });
  },
);
