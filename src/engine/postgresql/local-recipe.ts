import { realpath, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import { runCommand } from '../../system/run.ts';
import { settingLine, throwawaySettings } from './server-settings.ts';

const programs = ['initdb', 'postgres'] as const;

/**
 * How to make and run a PostgreSQL server from local binaries (the shape is src/target/recipe.ts). The server has one
 * Unix socket, no TCP, and asks everyone for a password: a login can only be proven where passwords are checked.
 */
export const postgresqlLocalRecipe = { product: 'postgres', find, plan };

interface Installation {
  readonly folder: string;
  readonly clients: string;
  readonly version: string;
  readonly reads: readonly string[];
}

/** Finds initdb and postgres of one major version in `folder`, or else in the usual places. Throws `target/unavailable`. */
async function find(ask: { readonly series: string; readonly folder: string | undefined }): Promise<Installation> {
  const major = Number(ask.series);
  const seen: string[] = [];
  for (const folder of ask.folder === undefined ? usualFolders(major) : [ask.folder, join(ask.folder, 'bin')]) {
    if (!programs.every((program) => existsSync(join(folder, program)))) continue;
    const { stdout } = await runCommand({ program: join(folder, 'postgres'), args: ['--version'], stdout: 'text' });
    const version = /\(PostgreSQL\) (\d+[.\w]*)/.exec(stdout)?.[1];
    if (version !== undefined && Number.parseInt(version, 10) === major)
      return { folder, clients: folder, version, reads: readsOf(await realpath(folder)) };
    seen.push(`${folder} holds ${version ?? 'an unknown version'}`);
  }
  throw new OperationError('target/unavailable', `no PostgreSQL ${major} server was found on this machine`, {
    hint: `${seen.length > 0 ? `${seen.join('; ')}. ` : ''}Install postgresql-${major}, name its folder with targets.<name>.local.binaries, or use a container target.`,
  });
}

/**
 * Programs find their libraries and shared files relative to themselves, also where the whole tree was moved (get_share_path
 * in src/port/path.c): beside `bin`, or, in the layouts of Debian, SUSE and Alpine, further up. Debian generates dictionaries
 * in /var/cache/postgresql/dicts (pg_updatedicts(8)).
 */
function readsOf(folder: string): readonly string[] {
  const tree = folder.replace(/\/(lib\/postgresql\/\d+\/bin|(lib|libexec)\/postgresql\d+(\/bin)?)$/, '');
  const prefix = tree === folder ? dirname(folder) : tree;
  return [
    ...['lib', 'lib32', 'lib64', 'libexec', 'share'].map((name) => join(prefix, name)),
    folder,
    '/var/cache/postgresql/dicts',
  ];
}

/** Where Debian, Red Hat (PGDG), Alpine, SUSE and Homebrew put a server, then PATH. */
function usualFolders(major: number): readonly string[] {
  return [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/usr/libexec/postgresql${major}`,
    `/usr/lib/postgresql${major}/bin`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
    ...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/')),
  ];
}

interface Wish {
  readonly installation: Installation;
  readonly root: string;
  readonly bootstrapRole: string;
  readonly settings: Readonly<Record<string, string>>;
}

async function plan({ installation, root, bootstrapRole, settings: wanted }: Wish) {
  if (bootstrapRole.startsWith('pg_')) {
    throw new OperationError('target/unavailable', 'the source’s bootstrap role has a name that initdb refuses', {
      hint: 'PostgreSQL keeps names that begin with pg_ for itself; rename the role with OID 10 on the source.',
    });
  }
  const libraries = await libraryFolder(installation.folder);
  const { settings, notes } = throwawaySettings(wanted, (library) => {
    const path = library.replace(/^\$libdir\//, '');
    return (
      !path.includes('/') && libraries.some((folder) => existsSync(join(folder, `${path.replace(/\.so$/, '')}.so`)))
    );
  });
  const configuration = {
    ...settings,
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: join(root, 'socket'),
    unix_socket_permissions: '0777',
    hba_file: join(root, 'pg_hba.conf'),
    ident_file: join(root, 'pg_ident.conf'),
  };
  const initialName = plainName.test(bootstrapRole) ? bootstrapRole : 'holdfast';
  return {
    directories: ['data', 'socket', 'tablespaces'],
    files: [
      {
        path: 'server.conf',
        text: `${Object.entries(configuration)
          .map(([name, value]) => settingLine(name, value))
          .join('\n')}\n`,
      },
      // `md5` takes both kinds of verifiers, `scram-sha-256` only its own (manual, section "Password Authentication").
      { path: 'pg_hba.conf', text: 'local all all md5\n' },
      { path: 'pg_ident.conf', text: '' },
    ],
    passwordFile: { path: 'password', text: (password: string) => `${password}\n` },
    initialise: [
      { program: join(installation.folder, 'initdb'), args: initdbArguments(installation, root, initialName) },
      ...(initialName === bootstrapRole ? [] : [renaming(installation, root, bootstrapRole)]),
    ],
    serve: {
      program: join(installation.folder, 'postgres'),
      args: ['-D', join(root, 'data'), '-c', `config_file=${join(root, 'server.conf')}`],
    },
    ready: /database system is ready to accept connections/,
    // The postmaster tells its children, which it cannot on SIGKILL (manual, section "Shutting Down the Server").
    endSignal: 'SIGQUIT' as const,
    socket: 'socket/.s.PGSQL.5432',
    host: 'socket',
    port: 5432,
    maintenanceDatabase: 'postgres',
    tablespaceDirectory: 'tablespaces',
    notes,
  };
}

function initdbArguments(installation: Installation, root: string, name: string): readonly string[] {
  return [
    `--pgdata=${join(root, 'data')}`,
    `--username=${name}`,
    `--pwfile=${join(root, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Restored databases bring their own locale; this is only the templates'. macOS has no C.UTF-8 everywhere.
    `--locale=${process.platform === 'linux' ? 'C.UTF-8' : 'C'}`,
    '--no-sync',
    '--no-instructions',
    // On by default from 18 on, and of no use on a server that lives for minutes.
    ...(Number.parseInt(installation.version, 10) >= 18 ? ['--no-data-checksums'] : []),
  ];
}

const plainName = /^[A-Za-z_][\w.-]*$/;

/**
 * initdb fails for names with `"`, `'`, `$` or `\`; a server can have them all the same, by ALTER ROLE … RENAME. So such
 * a name is given afterwards, in single-user mode, where no session of the role itself is in the way. One line is one
 * command there (manual, page "postgres", "Options for Single-User Mode"), hence the escaped line ends.
 */
function renaming(installation: Installation, root: string, name: string) {
  const literal = name.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return {
    program: join(installation.folder, 'postgres'),
    args: ['--single', '-F', '-D', join(root, 'data'), 'postgres'],
    stdin: `UPDATE pg_catalog.pg_authid SET rolname = E'${literal}' WHERE oid = 10;\n`,
  };
}

/**
 * Where `$libdir` is: `lib` beside `bin` in packages, `lib/postgresql` in a build from source (pg_config --pkglibdir is not
 * always installed).
 */
async function libraryFolder(folder: string): Promise<readonly string[]> {
  const candidates = [join(folder, '../lib'), join(folder, '../lib/postgresql')];
  const present = await Promise.all(
    candidates.map(async (path) => (await stat(path).catch(() => undefined))?.isDirectory()),
  );
  return candidates.filter((_, index) => present[index] === true);
}
