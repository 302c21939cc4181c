import { fateOf, ownIdentity, type ProcessIdentity } from '../../system/process-identity.ts';
import type { Docker } from './docker.ts';

const ownerLabel = 'dev.holdfast.owner';

/** Labels of a container of this process. */
export function ownLabels(): Readonly<Record<string, string>> {
  const { pid, startTime, bootId, pidNamespace } = ownIdentity();
  return { [ownerLabel]: [pid, startTime, bootId, pidNamespace].join(' ') };
}

/**
 * Removes containers whose owner is dead for certain. Of an earlier boot (or another machine that shares this Docker) only
 * those that no longer run: after a restart of this machine they do not, and another machine's may be in use.
 */
export async function sweepContainers(docker: Docker): Promise<readonly string[]> {
  const found = await docker.api.listContainers({ all: true, filters: { label: [ownerLabel] } });
  const removed: string[] = [];
  for (const { Id, Image, Labels, State } of found) {
    const owner = parseOwner(Labels[ownerLabel] ?? '');
    if (owner === undefined) continue;
    const sameBoot = owner.bootId === ownIdentity().bootId;
    if (sameBoot ? fateOf(owner) !== 'dead' : State !== 'exited' && State !== 'dead') continue;
    await removeContainer(docker, Id);
    removed.push(`container ${Id.slice(0, 12)} of ${Image}`);
  }
  return removed;
}

/** Removes a container with its anonymous volumes, whatever state it is in. Gone already is as good. */
export async function removeContainer(docker: Docker, id: string): Promise<void> {
  try {
    await docker.api.getContainer(id).remove({ force: true, v: true });
  } catch (error) {
    const status = (error as { statusCode?: number }).statusCode;
    // 404: it is gone. 409: somebody else is removing it.
    if (status !== 404 && status !== 409) throw error;
  }
}

function parseOwner(text: string): ProcessIdentity | undefined {
  const match = /^(\d+) (\d*) ([0-9a-f-]*) (\d*)$/.exec(text);
  if (match === null) return undefined;
  const [, pid = '', startTime = '', bootId = '', pidNamespace = ''] = match;
  return { pid: Number(pid), startTime, bootId, pidNamespace };
}
