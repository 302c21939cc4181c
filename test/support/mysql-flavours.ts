import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from './cache.ts';

export interface TestFlavour {
  readonly engine: 'mysql' | 'mariadb';
  /** The release series. */
  readonly version: string;
}

/**
 * What every test of the MySQL and MariaDB engine runs on; scripts/setup.sh fetches them. The first of a kind is the usual
 * one.
 */
export const wantedFlavours: readonly TestFlavour[] = [
  { engine: 'mysql', version: '9.7' },
  { engine: 'mariadb', version: '11.8' },
  { engine: 'mariadb', version: '10.11' },
];

/** Where one unpacked server has its parts. */
export interface Installation {
  /** Its `/usr`, MySQL's "base directory". */
  readonly base: string;
  /** Folder with the client programs. */
  readonly binaries: string;
  /** The server program itself. */
  readonly server: string;
  /** Folder with the error messages of every language. */
  readonly messages: string;
  readonly plugins: string;
  /** Folder with the client's plugins; the client has them built in where absent. */
  readonly clientPlugins?: string;
}

/** Undefined where it is not on this machine. */
export function installationOf({ engine, version }: TestFlavour): Installation | undefined {
  const link = join(cacheDirectory, 'servers', `${engine}-${version}`);
  if (!existsSync(link)) return undefined;
  // The real folder: set-up may point the name at a newer one while a test runs.
  const base = join(realpathSync(link), 'root/usr');
  const common = { base, binaries: join(base, 'bin'), plugins: join(base, 'lib/mysql/plugin') };
  if (engine === 'mysql') {
    return { ...common, server: join(base, 'sbin/mysqld'), messages: join(base, 'share/mysql') };
  }
  const clientPlugins = join(base, `lib/${machine()}-linux-gnu/libmariadb3/plugin`);
  const messages = ['share/mariadb', 'share/mysql'].map((each) => join(base, each)).find((each) => existsSync(each));
  return { ...common, server: join(base, 'sbin/mariadbd'), messages: messages ?? base, clientPlugins };
}

/** As Debian's multiarch folders name it. */
function machine(): string {
  return process.arch === 'arm64' ? 'aarch64' : 'x86_64';
}

/** Those that this machine has. */
export const flavours: readonly TestFlavour[] = wantedFlavours.filter((each) => installationOf(each) !== undefined);
