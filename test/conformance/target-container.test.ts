import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { postgresqlContainerRecipe } from '../../src/engine/postgresql/container-recipe.ts';
import { containerTarget } from '../../src/target/container/container.ts';
import { dockerAvailable, imageFor } from '../support/docker.ts';
import { wantedMajors } from '../support/postgresql-majors.ts';
import { checkTarget, leaseRequest } from './target.ts';

const run = promisify(execFile);
for (const major of wantedMajors) {
  const image = (await imageFor(major)) ?? '';
  describe.skipIf(image === '')(`container target, PostgreSQL ${major}`, () => {
    checkTarget(async () => ({
      target: containerTarget({ name: 'container', image }, postgresqlContainerRecipe),
      major,
      bootstrapRole: 'chief',
      provenance: 'created',
      recipe: { kind: 'container', place: image },
      leftovers: containers,
      [Symbol.asyncDispose]: async () => undefined,
    }));
  });
}

const docker = await dockerAvailable();

describe('a container target', () => {
  test.runIf(docker)('says how to get an image that cannot be had', async () => {
    const image = 'localhost:9/holdfast-test/none:1';
    const target = containerTarget({ name: 'container', image }, postgresqlContainerRecipe);
    await expect(target.lease(leaseRequest(15))).rejects.toMatchObject({
      code: 'target/unavailable',
      hint: expect.stringContaining(`docker pull ${image}`),
    });
  });
});

async function containers(child?: number): Promise<readonly string[]> {
  const format = '{{.ID}} {{.Label "dev.holdfast.owner"}}';
  const { stdout } = await run('docker', ['ps', '--all', '--format', format, '--filter', 'label=dev.holdfast.owner']);
  const owners = [process.pid, child].map(String);
  return stdout.split('\n').filter((line) => owners.includes(line.split(' ')[1] ?? ''));
}
