import { statfs } from 'node:fs/promises';
import { hostname, platform } from 'node:os';
import { isIP } from 'node:net';
import type { ContainerRuntimeClient } from 'testcontainers';
import { messageOf, OperationError } from '../../base/operation-error.ts';

/** The container runtime, found the way testcontainers does: DOCKER_HOST, the usual sockets, rootless ones. */
export interface Docker {
  readonly runtime: ContainerRuntimeClient;
  readonly api: ContainerRuntimeClient['container']['dockerode'];
  /** Where published ports are reached. */
  readonly host: string;
  /** Address to publish a port on, so that nobody else than the tool's machine reaches it; empty where Docker is elsewhere. */
  readonly publishOn: string;
  /** Whether it runs on this very machine, so that its files are seen from here. */
  readonly isHere: boolean;
  /** Whether a container's own address is reached from here, without a published port. */
  readonly reachesContainers: boolean;
  /** Where it keeps its files. */
  readonly rootDirectory: string | undefined;
}

interface DockerInfo {
  readonly Name?: string;
  readonly DockerRootDir?: string;
  readonly SecurityOptions?: readonly string[];
}

/** Connects to the container runtime. Throws `target/unavailable`. The library takes 0.5 s to load, so only drills load it. */
export async function connectDocker(): Promise<Docker> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  try {
    const runtime = await getContainerRuntimeClient();
    const { host } = runtime.info.containerRuntime;
    const api = runtime.container.dockerode;
    // A machine of its own (Docker Desktop, another host, the host of the container that we run in) has another name.
    const info = (await api.info()) as DockerInfo;
    const isHere = platform() === 'linux' && info.Name === hostname();
    return {
      runtime,
      api,
      host: host === 'localhost' ? '127.0.0.1' : host,
      publishOn: host === 'localhost' ? '127.0.0.1' : isIP(host) === 0 ? '' : host,
      isHere,
      // A rootless Docker keeps its bridges in a network namespace of its own.
      reachesContainers: isHere && !(info.SecurityOptions ?? []).some((option) => option.includes('rootless')),
      rootDirectory: info.DockerRootDir,
    };
  } catch (error) {
    throw new OperationError('target/unavailable', 'no container runtime can be reached', {
      cause: error,
      hint: `Start Docker or set DOCKER_HOST, or use a local target. It said: ${messageOf(error)}.`,
    });
  }
}

/**
 * Makes sure that the image is here; only a missing one is pulled, so that a drill needs no network once it was.
 * Throws `target/unavailable` with how to get it.
 */
export async function provideImage(docker: Docker, image: string, signal: AbortSignal): Promise<void> {
  if (await hasImage(docker, image)) return;
  const { ImageName } = await import('testcontainers');
  const limit = AbortSignal.any([signal, AbortSignal.timeout(pullLimitMs)]);
  let cause: unknown;
  try {
    await Promise.race([docker.runtime.image.pull(ImageName.fromString(image)), aborted(limit)]);
  } catch (error) {
    signal.throwIfAborted();
    cause = error;
  }
  if (await hasImage(docker, image)) return;
  throw new OperationError('target/unavailable', `the image ${image} is not on this machine and cannot be pulled`, {
    cause,
    hint: `Run \`docker pull ${image}\` where there is network access, or bring it with \`docker save\` and \`docker load\`, or name another image or a local target in the spec.`,
  });
}

const pullLimitMs = 600_000;

async function hasImage(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.api.getImage(image).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw new OperationError('target/unavailable', 'the container runtime failed', {
      cause: error,
      hint: messageOf(error),
    });
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** Free bytes where containers keep their files; undefined where that is another machine. */
export async function freeBytes({ isHere, rootDirectory }: Docker): Promise<number | undefined> {
  if (!isHere || rootDirectory === undefined) return undefined;
  const found = await statfs(rootDirectory).catch(() => undefined);
  return found === undefined ? undefined : found.bavail * found.bsize;
}
