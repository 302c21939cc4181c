import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { InternalError, OperationError } from '../base/operation-error.ts';
import { namesDirectory, namesNoDirectory } from '../base/directory-name.ts';
import type { Connection } from '../base/connection.ts';
import type { Place } from '../base/diagnostic.ts';
import type { EngineName } from '../base/engine-name.ts';
import { mysqlContainerRecipe } from '../engine/mysql/container-recipe.ts';
import { mysqlLocalRecipe } from '../engine/mysql/local-recipe.ts';
import { mysql } from '../engine/mysql/mysql.ts';
import { postgresqlContainerRecipe } from '../engine/postgresql/container-recipe.ts';
import { postgresqlLocalRecipe } from '../engine/postgresql/local-recipe.ts';
import { postgresql } from '../engine/postgresql/postgresql.ts';
import { openFilesystemRepository } from '../repository/filesystem/open.ts';
import type { Emit } from '../run/events.ts';
import type { Tools } from '../run/tools.ts';
import { secretSource } from '../secret/secret-source.ts';
import type { SecretSource } from '../secret/source.ts';
import type { DesiredTarget } from '../spec/desired.ts';
import { systemClock } from '../system/clock.ts';
import { dockerAvailable, containerTarget } from '../target/container/container.ts';
import { localTarget } from '../target/local/local.ts';
import { serverTarget } from '../target/server/server.ts';
import type { ContainerRecipe, LocalRecipe } from '../target/recipe.ts';
import type { Target } from '../target/target.ts';
import { cacheDirectoryOf } from './cache-directory.ts';
import type { Context } from './context.ts';
import { version } from './version.ts';

/** The one place that constructs and wires. `secrets` is given where the caller also needs to know what was revealed. */
export function compose(
  context: Context,
  emit: Emit,
  secrets: SecretSource = secretSource({ env: context.env }),
): Tools {
  const engines = { postgresql: postgresql(), mysql: mysql('mysql'), mariadb: mysql('mariadb') };
  return {
    tool: { name: 'holdfast', version },
    engine: (name) => engines[name],
    openRepository: async (location) => openFilesystemRepository(resolve(context.cwd, directoryNamed(location))),
    target: targetOf,
    defaultTarget: async (engine) =>
      (await dockerAvailable())
        ? { engine, place: undeclared, kind: 'container', name: 'container' }
        : { engine, place: undeclared, kind: 'local', name: 'local' },
    secrets,
    clock: systemClock,
    random: (bytes) => randomBytes(bytes),
    cacheDirectory: cacheDirectoryOf(context.env),
    trigger: { user: userName(), host: hostname(), run: runUrl(context.env), command: context.command },
    emit,
    signal: context.signal,
  };
}

function directoryNamed(location: string): string {
  if (namesDirectory(location)) return location;
  throw new OperationError('repository/unreachable', `${JSON.stringify(location)} names no directory`, {
    hint: namesNoDirectory,
  });
}

const undeclared: Place = { file: '', line: 1, column: 1, endColumn: 1 };

const recipes: Readonly<Record<EngineName, { readonly local: LocalRecipe; readonly container: ContainerRecipe }>> = {
  postgresql: { local: postgresqlLocalRecipe, container: postgresqlContainerRecipe },
  mysql: { local: mysqlLocalRecipe('mysql'), container: mysqlContainerRecipe('mysql') },
  mariadb: { local: mysqlLocalRecipe('mariadb'), container: mysqlContainerRecipe('mariadb') },
};

function targetOf(target: DesiredTarget, connection: Connection | undefined): Target {
  switch (target.kind) {
    case 'local':
      return localTarget(target, recipes[target.engine].local);
    case 'container':
      return containerTarget(target, recipes[target.engine].container);
    case 'server':
      if (connection === undefined) throw new InternalError(`target ${target.name} has no connection`);
      return serverTarget(target, connection);
    default:
      return target satisfies never;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without a passwd entry, as in many containers, has no name.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}

/** The page of the CI run, from what GitHub and GitLab put into a job's environment. */
function runUrl(env: Context['env']): string | null {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run, CI_JOB_URL: job } = env;
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : (job ?? null);
}
