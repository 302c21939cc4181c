import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { serverUser } from './server-user.ts';
import { templateOf } from './template.ts';

interface ClusterRequest {
  readonly binaries: string;
  readonly bootstrapRole: string;
  readonly dataDirectory: string;
}

const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };

/**
 * Makes a new cluster from a template that initdb made once (1 s against 0.1 s). Every cluster gets a system identifier
 * of its own, as if initdb had made it: what tells two servers apart must be able to.
 */
export async function makeCluster(request: ClusterRequest): Promise<void> {
  const template = await clusterTemplate(request.binaries, request.bootstrapRole);
  await execa('cp', ['-a', '--reflink=auto', template, request.dataDirectory]);
  const control = await open(join(request.dataDirectory, 'global/pg_control'), 'r+');
  try {
    // ControlFileData begins with the identifier (src/include/catalog/pg_control.h). Positive, as initdb's are.
    const identifier = randomBytes(8);
    identifier.writeUInt8(identifier.readUInt8(7) & 0x7f, 7);
    await control.write(identifier, 0, 8, 0);
  } finally {
    await control.close();
  }
  // The checksum is wrong now; with --force pg_resetwal takes the other values as they are, and writes the checksum and new
  // WAL.
  await execa(join(request.binaries, 'pg_resetwal'), ['--force', request.dataDirectory], {
    ...serverUser,
    cwd: '/',
    env: environment,
    extendEnv: false,
  });
}

async function clusterTemplate(binaries: string, bootstrapRole: string): Promise<string> {
  const { stdout: version } = await execa(join(binaries, 'initdb'), ['--version'], { cwd: '/' });
  return templateOf([version, bootstrapRole], async (directory) => {
    await execa(
      join(binaries, 'initdb'),
      ['-D', directory, '-U', bootstrapRole, '-A', 'trust', '--no-sync', '--locale=C.UTF-8', '-E', 'UTF8'],
      { ...serverUser, cwd: '/', env: environment, extendEnv: false },
    );
  });
}
