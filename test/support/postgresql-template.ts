import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory } from './cache.ts';
import { serverUser } from './server-user.ts';

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
  const template = await templateOf(request.binaries, request.bootstrapRole);
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
  // The checksum is wrong now; with --force pg_resetwal takes the other values as they are, and writes the checksum and new WAL.
  await execa(join(request.binaries, 'pg_resetwal'), ['--force', request.dataDirectory], {
    ...serverUser,
    cwd: '/',
    env: environment,
    extendEnv: false,
  });
}

async function templateOf(binaries: string, bootstrapRole: string): Promise<string> {
  const { stdout: version } = await execa(join(binaries, 'initdb'), ['--version'], { cwd: '/' });
  const key = createHash('sha256')
    .update(JSON.stringify([version, bootstrapRole, serverUser.uid ?? process.getuid?.()]))
    .digest('hex')
    .slice(0, 16);
  const template = join(cacheDirectory, 'templates', key);
  if (await exists(template)) return template;
  await mkdir(dirname(template), { recursive: true });
  const draft = await mkdtemp(join(dirname(template), 'draft-'));
  await chmod(draft, 0o755);
  if (serverUser.uid !== undefined && serverUser.gid !== undefined) await chown(draft, serverUser.uid, serverUser.gid);
  try {
    await execa(
      join(binaries, 'initdb'),
      ['-D', join(draft, 'data'), '-U', bootstrapRole, '-A', 'trust', '--no-sync', '--locale=C.UTF-8', '-E', 'UTF8'],
      { ...serverUser, cwd: '/', env: environment, extendEnv: false },
    );
    // Another test process may have made it meanwhile; both are equal, so the first one stays.
    await rename(join(draft, 'data'), template).catch(async (error: unknown) => {
      if (!(await exists(template))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return template;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
