import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, OperationError } from '../../base/operation-error.ts';
import type { Secret } from '../../base/secret.ts';
import type { ContainerPlan } from '../recipe.ts';
import type { Docker } from './docker.ts';
import { ownLabels } from './owner.ts';

export interface ContainerWork {
  readonly image: string;
  readonly plan: ContainerPlan;
  readonly password: Secret;
  /** Network to be in, and nothing published; where absent, the default one with a published port. */
  readonly network: string | undefined;
  /** Called with the container's id as soon as there is one to remove. */
  readonly started: (id: string) => void;
}

const readyLimitMs = 120_000;
const pollMs = 100;
/** Docker's default of 64 MB is too little for one parallel index build; it is a limit, nothing is reserved. */
const sharedMemoryBytes = 2 * 1024 ** 3;

/** Makes and starts the container; gives its id. Throws `target/unavailable`. */
export async function startContainer(docker: Docker, work: ContainerWork): Promise<string> {
  const { image, plan, password, network } = work;
  const port = `${plan.port}/tcp`;
  try {
    const container = await docker.api.createContainer({
      Image: image,
      Cmd: [...plan.command],
      Env: [
        ...Object.entries(plan.env).map(([name, value]) => `${name}=${value}`),
        `${plan.passwordVariable}=${password.reveal()}`,
      ],
      Labels: ownLabels(),
      ExposedPorts: { [port]: {} },
      HostConfig: {
        ...(network === undefined
          ? { PortBindings: { [port]: [{ HostIp: docker.publishOn, HostPort: '0' }] } }
          : { NetworkMode: network }),
        ShmSize: sharedMemoryBytes,
        CapDrop: ['NET_RAW', 'MKNOD', 'AUDIT_WRITE', 'SETFCAP'],
        SecurityOpt: ['no-new-privileges'],
        RestartPolicy: { Name: 'no' },
      },
    });
    work.started(container.id);
    await container.start();
    return container.id;
  } catch (error) {
    throw new OperationError('target/unavailable', `no container of ${image} could be started`, {
      cause: error,
      hint: `The container runtime said: ${messageOf(error)}`,
    });
  }
}

export interface Wait {
  readonly id: string;
  readonly plan: ContainerPlan;
  readonly signal: AbortSignal;
}

/**
 * Resolves when the server takes connections and has a directory for tablespaces. Throws `target/unavailable` with its last
 * words.
 */
export async function awaitReady(docker: Docker, { id, plan, signal }: Wait): Promise<void> {
  const container = docker.api.getContainer(id);
  const giveUpAt = performance.now() + readyLimitMs;
  for (;;) {
    signal.throwIfAborted();
    const { State } = await container.inspect();
    if (!State.Running) throw await notStarted(docker, id, `it ended with exit code ${State.ExitCode}`);
    const { exitCode } = await docker.runtime.container
      .exec(container, [...plan.readyCommand])
      .catch(() => ({ exitCode: -1 }));
    if (exitCode === 0) break;
    if (performance.now() > giveUpAt) throw await notStarted(docker, id, 'it was not ready in time');
    await delay(pollMs, undefined, { signal });
  }
  const { tablespaceDirectory, serverUser } = plan;
  if (tablespaceDirectory === undefined) return;
  const makeDirectory = ['sh', '-c', 'mkdir -p "$1" && chown "$2" "$1"', 'sh', tablespaceDirectory, serverUser];
  const made = await docker.runtime.container.exec(container, makeDirectory, { user: 'root' });
  if (made.exitCode !== 0) throw await notStarted(docker, id, 'a directory for tablespaces could not be made');
}

async function notStarted(docker: Docker, id: string, what: string): Promise<OperationError> {
  const log = await docker.api
    .getContainer(id)
    .logs({ stdout: true, stderr: true, tail: 3 })
    .catch(() => Buffer.alloc(0));
  const lastWords = textOf(log).trim().replaceAll('\n', ' / ');
  return new OperationError('target/unavailable', `the server in the container did not start: ${what}`, {
    hint: lastWords === '' ? `See docker logs ${id.slice(0, 12)}.` : `It said: ${lastWords}`,
  });
}

/**
 * Each piece of a log without a terminal has a header: stream, three zeros, length (Docker Engine API, "Attach to a
 * container").
 */
function textOf(log: Buffer): string {
  let text = '';
  for (let at = 0; at + 8 <= log.byteLength; at += 8 + log.readUInt32BE(at + 4)) {
    text += log.toString('utf8', at + 8, at + 8 + log.readUInt32BE(at + 4));
  }
  return text;
}

/** Where the server is reached from here. Throws `target/unavailable`. */
export async function placeOf(
  docker: Docker,
  { id, plan, network }: { readonly id: string; readonly plan: ContainerPlan; readonly network: string | undefined },
): Promise<{ readonly host: string; readonly port: number }> {
  const { NetworkSettings } = await docker.api.getContainer(id).inspect();
  const address = network === undefined ? undefined : NetworkSettings.Networks[network]?.IPAddress;
  if (address !== undefined && address !== '') return { host: address, port: plan.port };
  const published = Number(NetworkSettings.Ports[`${plan.port}/tcp`]?.[0]?.HostPort);
  if (Number.isInteger(published) && published > 0) return { host: docker.host, port: published };
  throw new OperationError('target/unavailable', 'the container runtime gave the server no address');
}
