/** One kind of server as the demo needs it: what is special about it, and nothing of the story. */
export interface Stage {
  readonly engine: 'postgresql' | 'mariadb';
  /** The spec, relative to the project. */
  readonly spec: string;
  /** Folder with the client programs: the tool finds them in PATH, as on a machine where they are installed. */
  readonly programs: string;
  /** What the source has, in a few words. */
  readonly content: string;
  /** Starts a server that asks everyone for a password, with the roles and the data of the demo. */
  source(secrets: Secrets): Promise<StagedServer>;
  /** Starts an empty one. */
  clean(): Promise<StagedServer>;
  /** Tries one statement through a real login. */
  login(server: StagedServer, attempt: LoginAttempt): Promise<LoginAnswer>;
  /** SQL that counts the messages, and SQL that writes. */
  readonly reads: string;
  readonly writes: string;
}

export interface StagedServer extends AsyncDisposable {
  /** `PostgreSQL 15`, `MariaDB 10.11`. */
  readonly description: string;
  /** What the spec's host leads to: directory of the socket, or the socket. */
  readonly socket: string;
  readonly port: number;
  /** To restore onto. */
  readonly url: string;
  /** Password of the URL's user; undefined where it needs none. */
  readonly password: string | undefined;
  stop(): Promise<void>;
}

/** Passwords by the name of the environment variable that the spec reads them from. */
export interface Secrets {
  readonly DEMO_BACKUP_PASSWORD: string;
  readonly BOTPRESS_PASSWORD: string;
  readonly BOTPRESS_READONLY_PASSWORD: string;
}

export interface LoginAttempt {
  readonly role: string;
  readonly password: string;
  readonly sql: string;
}

export interface LoginAnswer {
  readonly worked: boolean;
  /** The last line that came, without the program's own words. */
  readonly answer: string;
}
