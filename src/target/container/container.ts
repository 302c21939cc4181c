import { randomBytes } from 'node:crypto';
import { formatBytes } from '../../base/bytes.ts';
import { messageOf, OperationError } from '../../base/operation-error.ts';
import { Secret } from '../../base/secret.ts';
import type { ContainerRecipe } from '../recipe.ts';
import type { LeaseRequest, Target, TargetLease } from '../target.ts';
import { connectDocker, type Docker, freeBytes, provideImage } from './docker.ts';
import { openNetwork, removeNetwork, sweepNetworks } from './network.ts';
import { removeContainer, sweepContainers } from './owner.ts';
import { awaitReady, placeOf, startContainer } from './start.ts';

export interface ContainerDeclaration {
  readonly name: string;
  /** The recipe's image for the source's version where absent. */
  readonly image?: string;
}

/**
 * A throwaway server in a container. Where Docker runs on this machine it is alone in a network without a way to other
 * machines (what this one offers on all its addresses stays in reach); elsewhere it is on a published port, with network.
 * Its password is random and lives as long as the container; whoever may talk to Docker can read it with `docker inspect`,
 * as they can read everything in there.
 *
 * Containers carry their owner in a label and are removed by us: testcontainers' own reaper would be one more image to
 * have on machines without network, so it is not used. A killed tool leaves its container to the next `sweep`.
 */
export function containerTarget(declared: ContainerDeclaration, recipe: ContainerRecipe): Target {
  return {
    name: declared.name,
    kind: 'container',
    lease: (request) => lease(declared, recipe, request),
    sweep: async () => {
      const docker = await connectDocker().catch(() => undefined);
      return docker === undefined ? [] : [...(await sweepContainers(docker)), ...(await sweepNetworks(docker))];
    },
  };
}

/** Whether a container runtime answers. */
export async function dockerAvailable(): Promise<boolean> {
  return connectDocker().then(
    () => true,
    () => false,
  );
}

async function lease(
  declared: ContainerDeclaration,
  recipe: ContainerRecipe,
  request: LeaseRequest,
): Promise<TargetLease> {
  const { series, bootstrapRole, settings, signal } = request;
  signal.throwIfAborted();
  const image = declared.image ?? recipe.defaultImage(series);
  const plan = recipe.plan({ series, bootstrapRole, settings });
  const docker = await connectDocker();
  const notes = [...plan.notes, ...(await checkSpace(docker, request.bytesNeeded))];
  await provideImage(docker, image, signal);
  const password = new Secret(randomBytes(24).toString('base64url'));
  await using cleanup = new AsyncDisposableStack();
  const network = await openNetwork(docker);
  if (network === undefined) notes.push('the container has access to the network');
  else cleanup.defer(() => removeNetwork(docker, network));
  const id = await startContainer(docker, {
    image,
    plan,
    password,
    network,
    started: (made) => cleanup.defer(() => removeContainer(docker, made)),
  });
  await awaitReady(docker, { id, plan, signal });
  const place = await placeOf(docker, { id, plan, network });
  const owned = cleanup.move();
  return {
    connection: { ...place, user: bootstrapRole, password, tls: { mode: 'disable' } },
    maintenanceDatabase: plan.maintenanceDatabase,
    provenance: 'created',
    ...(plan.tablespaceDirectory === undefined ? {} : { tablespaceRoot: plan.tablespaceDirectory }),
    isolation: 'container',
    description: `container ${image}`,
    notes,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function checkSpace(docker: Docker, bytesNeeded: number): Promise<readonly string[]> {
  const free = await freeBytes(docker).catch((error: unknown) => {
    throw new OperationError('target/unavailable', 'the container runtime failed', {
      cause: error,
      hint: messageOf(error),
    });
  });
  if (free === undefined) return ['free space of the container runtime is not visible from here'];
  if (free >= bytesNeeded) return [];
  throw new OperationError(
    'target/no-space',
    `a container needs ${formatBytes(bytesNeeded)}, and ${formatBytes(free)} are free`,
    {
      hint: 'Free some space on the file system of the container runtime (`docker system df` shows what it uses).',
    },
  );
}
