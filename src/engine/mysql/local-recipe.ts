import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import { runCommand } from '../../system/run.ts';
import { flavours, seriesOf, versionNumberOf, type Flavour } from './flavour.ts';
import { settingArguments, throwawaySettings } from './server-settings.ts';
import { loadZonesSql, zonesSetting } from './time-zones.ts';

interface Installation {
  readonly folder: string;
  readonly clients: string;
  readonly version: string;
  readonly reads: readonly string[];
}

interface Wish {
  readonly installation: Installation;
  readonly root: string;
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * How to make and run a server from local binaries (the shape is src/target/recipe.ts). It has one Unix socket and no TCP,
 * and `root@localhost` with a password is its only account: a login can only be proven where passwords are checked.
 */
export function mysqlLocalRecipe(name: Flavour['name']) {
  const flavour = flavours[name];
  return {
    product: flavour.product,
    find: (ask: { readonly series: string; readonly folder: string | undefined }) => find(flavour, ask),
    plan: (wish: Wish) => plan(flavour, wish),
  };
}

/**
 * Finds the server program of one series in `folder` or beside it, or else in the usual places. Throws `target/unavailable`.
 */
async function find(
  flavour: Flavour,
  ask: { readonly series: string; readonly folder: string | undefined },
): Promise<Installation> {
  const seen: string[] = [];
  for (const folder of ask.folder === undefined ? usualFolders(flavour, ask.series) : foldersOf(ask.folder)) {
    const program = programIn(flavour, 'server', folder);
    if (program === undefined) continue;
    const { stdout } = await runCommand({ program, args: ['--no-defaults', '--version'], stdout: 'text' });
    const version = flavour.versionText.exec(stdout)?.[1];
    if (version !== undefined && seriesOf(versionNumberOf(version)) === ask.series) {
      const inside = await realpath(folder);
      const clients = [folder, join(folder, '../bin')].find((place) => programIn(flavour, 'client', place));
      return { folder, clients: clients ?? folder, version, reads: readsOf(inside) };
    }
    seen.push(`${folder} holds ${version ?? `no ${flavour.product}`}`);
  }
  throw new OperationError(
    'target/unavailable',
    `no ${flavour.product} ${ask.series} server was found on this machine`,
    {
      hint: `${seen.length > 0 ? `${seen.join('; ')}. ` : ''}Install ${flavour.name}-server ${ask.series}, name its folder with targets.<name>.local.binaries, or use a container target.`,
    },
  );
}

function programIn(flavour: Flavour, kind: 'server' | 'client', folder: string): string | undefined {
  return flavour.programs[kind].map((program) => join(folder, program)).find((path) => existsSync(path));
}

/**
 * Packages put the server into `sbin` (Debian) or `libexec` (Red Hat) and the clients into `bin`; a tree of its own has all
 * in `bin`.
 */
const foldersOf = (folder: string): readonly string[] => [
  folder,
  ...['sbin', 'bin', 'libexec', '../sbin', '../libexec'].map((name) => join(folder, name)),
];

/** Where Debian, Red Hat, the vendors' own archives and Homebrew put a server, then PATH. */
function usualFolders({ name }: Flavour, series: string): readonly string[] {
  return [
    '/usr/sbin',
    '/usr/libexec',
    `/usr/local/${name}/bin`,
    ...['/opt/homebrew', '/usr/local'].flatMap((prefix) => [
      `${prefix}/opt/${name}@${series}/bin`,
      `${prefix}/opt/${name}/bin`,
    ]),
    ...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/')),
  ];
}

const readsOf = (folder: string): readonly string[] => [
  ...['lib', 'lib32', 'lib64', 'libexec', 'share'].map((name) => join(dirname(folder), name)),
  folder,
];

async function plan(flavour: Flavour, { installation, root, settings: wanted }: Wish) {
  const program = programIn(flavour, 'server', installation.folder) ?? '';
  const places = placesOf(flavour, installation);
  const { settings, shaping, notes } = throwawaySettings(flavour, wanted);
  const common = { datadir: join(root, 'data'), tmpdir: join(root, 'tmp'), ...places.settings };
  const zones = await loadZonesSql(wanted[zonesSetting]?.split(',') ?? [], {
    folder: installation.clients,
    programs: flavour.throwaway.zonePrograms,
  });
  const making = { ...common, ...cheap, ...shaping };
  return {
    directories: ['data', 'tmp', 'socket'],
    files: [],
    // Statements that the server runs before it takes connections; the password is of letters that need no quoting.
    passwordFile: {
      path: 'password.sql',
      text: (password: string) => `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';\n${zones.sql}`,
    },
    initialise: [
      flavour.throwaway.initialise === 'initialize'
        ? { program, args: ['--no-defaults', '--initialize-insecure', ...settingArguments(making)] }
        : {
            program,
            args: ['--no-defaults', '--bootstrap', '--enforce-storage-engine=', ...settingArguments(making)],
            stdin: await systemTables(places.share, installation),
          },
    ],
    serve: {
      program,
      args: [
        '--no-defaults',
        ...settingArguments({
          ...common,
          ...settings,
          socket: join(root, 'socket/mysqld.sock'),
          'pid-file': join(root, 'data/mysqld.pid'),
          'init-file': join(root, 'password.sql'),
          'skip-networking': 'ON',
          'secure-file-priv': join(root, 'tmp'),
        }),
        ...pluginArguments(flavour, places.plugins),
      ],
    },
    ready: /: ready for connections\./,
    endSignal: 'SIGKILL' as const,
    socket: 'socket/mysqld.sock',
    host: 'socket/mysqld.sock',
    port: 3306,
    maintenanceDatabase: 'information_schema',
    notes: [...notes, ...zones.notes],
  };
}

/** For the short life of the server that makes the files. */
const cheap: Readonly<Record<string, string>> = {
  'innodb-flush-log-at-trx-commit': '0',
  'innodb-doublewrite': 'OFF',
  'skip-log-bin': 'TRUE',
  'max-allowed-packet': '16M',
};

interface Places {
  /** Folder with messages, character sets and the SQL of the system tables. */
  readonly share: string;
  readonly plugins: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * The places are compiled in, and wrong where the whole tree was moved; so they are looked for beside the program and given.
 */
function placesOf(flavour: Flavour, { folder, version }: Installation): Places {
  const prefix = dirname(folder);
  const series = seriesOf(versionNumberOf(version));
  const share = [`share/${flavour.name}`, 'share/mysql', `share/${flavour.name}-${series}`, 'share']
    .map((name) => join(prefix, name))
    .find((path) => existsSync(join(path, 'charsets/Index.xml')));
  const plugins = ['lib/mysql', 'lib64/mysql', 'lib/mariadb', 'lib64/mariadb', 'lib', 'lib64']
    .map((name) => join(prefix, name, 'plugin'))
    .find((path) => existsSync(path));
  return {
    share: share ?? join(prefix, 'share'),
    plugins,
    settings: {
      basedir: prefix,
      ...(share === undefined ? {} : { 'lc-messages-dir': share, 'character-sets-dir': join(share, 'charsets') }),
      ...(plugins === undefined ? {} : { 'plugin-dir': plugins }),
    },
  };
}

function pluginArguments(flavour: Flavour, folder: string | undefined): readonly string[] {
  if (folder === undefined) return [];
  return flavour.throwaway.plugins
    .filter((plugin) => existsSync(join(folder, `${plugin}.so`)))
    .map((plugin) => `--plugin-load-add=${plugin}`);
}

/**
 * What mariadb-install-db feeds to `mariadbd --bootstrap`, without the help texts and the test database; that program is a
 * shell script with the paths of its package in it. Each statement begins on a line of its own there. 11 renamed the files.
 * The accounts of root for other hosts have no password.
 */
async function systemTables(share: string, { version }: Installation): Promise<string> {
  const read = async (name: string): Promise<string> => {
    const path = [`mariadb_${name}`, `mysql_${name}`, name].map((file) => join(share, `${file}.sql`)).find(existsSync);
    if (path !== undefined) return readFile(path, 'utf8');
    throw new OperationError('target/unavailable', `the installation of MariaDB ${version} lacks its system tables`, {
      hint: `There is no ${name}.sql in ${share}: install the server’s whole package, or use a container target.`,
    });
  };
  const [tables, performance, data, spatial, sys] = await Promise.all(
    ['system_tables', 'performance_tables', 'system_tables_data', 'maria_add_gis_sp_bootstrap', 'sys_schema'].map(read),
  );
  return [
    'CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;',
    tables,
    performance,
    data,
    spatial,
    "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';",
    "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';",
    sys,
  ].join('\n');
}
