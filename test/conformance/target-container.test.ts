import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { postgresqlContainerRecipe } from '../../src/engine/postgresql/container-recipe.ts';
import { containerTarget } from '../../src/target/container/container.ts';
import { dockerAvailable, imageFor, mysqlImageFor } from '../support/docker.ts';
import { wantedFlavours } from '../support/mysql-flavours.ts';
import { wantedMajors } from '../support/postgresql-majors.ts';
import { serverKinds } from '../support/server-kinds.ts';
import { checkTarget, leaseRequest } from './target.ts';

const run = promisify(execFile);
const wanted = [
  ...wantedMajors.map((major) => ({
    kind: serverKinds.postgresql,
    series: String(major),
    image: () => imageFor(major),
  })),
  ...wantedFlavours.map((flavour) => ({
    kind: serverKinds[flavour.engine],
    series: flavour.version,
    image: () => mysqlImageFor(flavour),
  })),
];
const images = await Promise.all(wanted.map(async (each) => ({ ...each, image: (await each.image()) ?? '' })));

for (const { kind, series, image } of images) {
  describe.skipIf(image === '')(`container target, ${kind.engine} ${series}`, () => {
    checkTarget(series, async () => ({
      target: containerTarget({ name: 'container', image }, kind.container),
      kind,
      series,
      provenance: 'created',
      recipe: { kind: 'container', place: image },
      leftovers: containers,
      [Symbol.asyncDispose]: async () => undefined,
    }));
  });
}

const docker = await dockerAvailable();

const built = images.find(({ image }) => image !== '');

describe('a container target', () => {
  test.runIf(built !== undefined)('is in no other network than one of its own without a way out', async () => {
    const declared = { name: 'container', image: built?.image ?? '' };
    await using lease = await containerTarget(declared, built?.kind.container ?? postgresqlContainerRecipe).lease(
      leaseRequest(built?.series ?? ''),
    );
    const [container = ''] = (await containers()).map((line) => line.split(' ')[0]);
    const networks = await inspect(
      'container',
      container,
      '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}',
    );
    expect(networks).toMatch(/^holdfast-[0-9a-f]{12}$/);
    expect(await inspect('network', networks, '{{.Internal}} {{len .Containers}}')).toBe('true 1');
    expect(await inspect('container', container, '{{json .HostConfig.PortBindings}}')).toMatch(/^(null|\{\})$/);
    expect(lease.notes).toEqual([]);
  });

  test.runIf(docker)('says how to get an image that cannot be had', async () => {
    const image = 'localhost:9/holdfast-test/none:1';
    const target = containerTarget({ name: 'container', image }, postgresqlContainerRecipe);
    await expect(target.lease(leaseRequest('15'))).rejects.toMatchObject({
      code: 'target/unavailable',
      hint: expect.stringContaining(`docker pull ${image}`),
    });
  });
});

async function containers(child?: number): Promise<readonly string[]> {
  const format = '{{.ID}} {{.Label "dev.holdfast.owner"}}';
  const filter = ['--format', format, '--filter', 'label=dev.holdfast.owner'];
  const found = [await run('docker', ['ps', '--all', ...filter]), await run('docker', ['network', 'ls', ...filter])];
  const stdout = found.map((one) => one.stdout).join('');
  const owners = [process.pid, child].map(String);
  return stdout.split('\n').filter((line) => owners.includes(line.split(' ')[1] ?? ''));
}

async function inspect(kind: string, name: string, format: string): Promise<string> {
  return (await run('docker', [kind, 'inspect', '--format', format, name])).stdout.trim();
}
