/**
 * What a target must know about one database system to make a server of it. The engine supplies it as data and pure
 * functions (src/engine/postgresql/local-recipe.ts), so that targets hold no SQL and engines start no servers.
 */
export interface LocalRecipe {
  /** What it makes, for people: `postgres`. */
  readonly product: string;
  /** Finds the server's programs of one release series. Throws `target/unavailable` with what to install. */
  find(ask: { readonly series: string; readonly folder: string | undefined }): Promise<Installation>;
  /** How to make and run a server. Pure but for looking into the installation. Throws `target/unavailable`. */
  plan(wish: LocalServerWish): Promise<LocalServerPlan>;
}

export interface Installation {
  /** Folder with the server's programs. */
  readonly folder: string;
  /** Folder with the client programs of the same release. */
  readonly clients: string;
  /** As the program says it: `15.18`. */
  readonly version: string;
  /** Every folder that its programs read, themselves included, whether it is there or not. A confined server sees no other. */
  readonly reads: readonly string[];
}

export interface LocalServerWish {
  readonly installation: Installation;
  /** Directory of this one server as the server itself sees it; its parts are named relative to it. */
  readonly root: string;
  readonly bootstrapRole: string;
  readonly settings: Readonly<Record<string, string>>;
}

export interface LocalServerPlan {
  /** Directories to make below `root`, owned by the server's user, private to it. */
  readonly directories: readonly string[];
  /** Files to write below `root` before anything runs. The server may read them and not write them. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /**
   * File below `root` that gives the bootstrap role its password: there while `initialise` runs, removed when the server is
   * ready.
   */
  readonly passwordFile: { readonly path: string; readonly text: (password: string) => string };
  /** Programs to run to their end, in order. */
  readonly initialise: readonly PlannedCommand[];
  readonly serve: PlannedCommand;
  /** The line on the server's stderr that says that it takes connections. */
  readonly ready: RegExp;
  /**
   * How the server ends with every process of it where no PID namespace ends them: by SIGKILL where it is one process, by a
   * signal that it hands on to its children where it is several.
   */
  readonly endSignal: 'SIGQUIT' | 'SIGKILL';
  /** The Unix socket below `root`; its whole path must fit into 107 bytes (unix(7)). */
  readonly socket: string;
  /** What a connection names as its host, below `root`: the socket or its directory. */
  readonly host: string;
  readonly port: number;
  readonly maintenanceDatabase: string;
  /** Directory below `root` where tablespaces may be made; absent where the system has none that backups need. */
  readonly tablespaceDirectory?: string;
  /** What this server does not have although it was asked for, one line each. */
  readonly notes: readonly string[];
}

export interface PlannedCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly stdin?: string;
}

/** The same for a server from an image that follows the conventions of the official one. */
export interface ContainerRecipe {
  /** Image where the spec names none. */
  defaultImage(series: string): string;
  plan(wish: ContainerWish): ContainerPlan;
}

export interface ContainerWish {
  readonly series: string;
  readonly bootstrapRole: string;
  readonly settings: Readonly<Record<string, string>>;
}

export interface ContainerPlan {
  readonly env: Readonly<Record<string, string>>;
  /** Name of the environment variable that takes the bootstrap role's password. */
  readonly passwordVariable: string;
  readonly command: readonly string[];
  readonly port: number;
  /** Succeeds inside the container as soon as the server takes connections over TCP, not earlier. */
  readonly readyCommand: readonly string[];
  readonly maintenanceDatabase: string;
  /**
   * Directory in the container that the server may write to, for tablespaces; absent where the system has none that backups
   * need.
   */
  readonly tablespaceDirectory?: string;
  /** User in the image that the server runs as. */
  readonly serverUser: string;
  readonly notes: readonly string[];
}
