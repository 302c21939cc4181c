import { randomBytes } from 'node:crypto';
import type { Docker } from './docker.ts';
import { isLeftBehind, ownerFilter, ownLabels } from './owner.ts';

/**
 * A network of one container, without a way to other machines. Its name; undefined where the container could not be reached
 * through it.
 */
export async function openNetwork(docker: Docker): Promise<string | undefined> {
  if (!docker.reachesContainers) return undefined;
  const name = `holdfast-${randomBytes(6).toString('hex')}`;
  // Address ranges may be used up (Docker has thirty by default): a published port does as well, with less isolation.
  return docker.api.createNetwork({ Name: name, Internal: true, Labels: { ...ownLabels() } }).then(
    () => name,
    () => undefined,
  );
}

/** Removes a network. Gone already is as good; one in use stays to the next sweep (404 and 403 of the Docker Engine API). */
export async function removeNetwork(docker: Docker, name: string): Promise<void> {
  try {
    await docker.api.getNetwork(name).remove();
  } catch (error) {
    const status = (error as { statusCode?: number }).statusCode;
    if (status !== 404 && status !== 403) throw error;
  }
}

/** Removes the networks of dead owners; their containers have to be gone. */
export async function sweepNetworks(docker: Docker): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const { Name, Labels } of await docker.api.listNetworks({ filters: ownerFilter })) {
    if (!isLeftBehind(Labels ?? {}, { stopped: false })) continue;
    await removeNetwork(docker, Name);
    removed.push(`network ${Name}`);
  }
  return removed;
}
