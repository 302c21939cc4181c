import { fateOf, ownIdentity, type ProcessIdentity } from '../../system/process-identity.ts';
import type { Docker } from './docker.ts';

const ownerLabel = 'dev.holdfast.owner';

/** Labels of a container of this process. */
export function ownLabels(): Readonly<Record<string, string>> {
  const { pid, startTime, bootId, pidNamespace } = ownIdentity();
  return { [ownerLabel]: [pid, startTime, bootId, pidNamespace].join(' ') };
}

/** For listings by Docker: everything that any Holdfast made. */
export const ownerFilter = { label: [ownerLabel] };

/**
 * Whether what bears these labels was left by an owner that is dead for certain. Of an earlier boot (or another machine that
 * shares this Docker) only what no longer runs: after a restart of this machine it does not, and another's may be in use.
 */
export function isLeftBehind(labels: Readonly<Record<string, string>>, is: { readonly stopped: boolean }): boolean {
  const owner = parseOwner(labels[ownerLabel] ?? '');
  if (owner === undefined) return false;
  return owner.bootId === ownIdentity().bootId ? fateOf(owner) === 'dead' : is.stopped;
}

/** Removes the containers of dead owners. Says which. */
export async function sweepContainers(docker: Docker): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const { Id, Image, Labels, State } of await docker.api.listContainers({ all: true, filters: ownerFilter })) {
    if (!isLeftBehind(Labels, { stopped: State === 'exited' || State === 'dead' })) continue;
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
