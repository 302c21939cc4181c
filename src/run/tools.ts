import type { Connection } from '../base/connection.ts';
import type { EngineName } from '../base/engine-name.ts';
import type { Secret } from '../base/secret.ts';
import type { Engine } from '../engine/engine.ts';
import type { ServerAccess } from '../engine/server-access.ts';
import type { Repository } from '../repository/repository.ts';
import type { SecretSource } from '../secret/source.ts';
import type { Desired, DesiredConnection, DesiredServer, DesiredTarget } from '../spec/desired.ts';
import type { Clock } from '../system/clock.ts';
import type { Target } from '../target/target.ts';
import type { Emit } from './events.ts';

/** Everything a run needs of the world, made once by cli/compose. Nothing in run/ reaches for anything else. */
export interface Tools {
  readonly tool: { readonly name: string; readonly version: string };
  readonly engine: (name: EngineName) => Engine;
  /** Opens a repository by its location. Throws `repository/not-initialised` or `repository/unreachable`. */
  readonly openRepository: (location: string) => Promise<Repository>;
  /** Makes the adapter of a declared target; its secrets are already resolved in `connection`. */
  readonly target: (target: DesiredTarget, connection: Connection | undefined) => Target;
  /** Where a drill goes when its policy names no target: a container where Docker runs, else local binaries. */
  readonly defaultTarget: (engine: EngineName) => Promise<DesiredTarget>;
  readonly secrets: SecretSource;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  /** Directory for rebuildable indexes. */
  readonly cacheDirectory: string;
  readonly trigger: {
    readonly user: string;
    readonly host: string;
    readonly run: string | null;
    readonly command: string;
  };
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** Resolves a connection's secrets. Throws `secret/missing`. */
export async function resolveConnection(connection: DesiredConnection, secrets: SecretSource): Promise<Connection> {
  const { host, port, user, tls, password } = connection;
  return { host, port, user, tls, ...(password === undefined ? {} : { password: await secrets.read(password) }) };
}

export async function accessTo(server: DesiredServer, secrets: SecretSource): Promise<ServerAccess> {
  return {
    name: server.name,
    connection: await resolveConnection(server, secrets),
    maintenanceDatabase: server.maintenanceDatabase,
    ...(server.clients === undefined ? {} : { clients: server.clients }),
  };
}

/** The key of password digests; undefined where the spec names none. Throws `secret/missing`. */
export async function readDigestKey(desired: Desired, secrets: SecretSource): Promise<Secret | undefined> {
  return desired.digestKey === undefined ? undefined : secrets.read(desired.digestKey);
}
