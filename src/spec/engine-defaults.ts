import type { EngineName } from '../base/engine-name.ts';

interface EngineDefaults {
  readonly port: number;
  /** Database to connect to for what concerns the whole server. */
  readonly maintenanceDatabase: string;
  /** Whether the spec may name another one: elsewhere a session needs no database. */
  readonly choosesMaintenanceDatabase: boolean;
  readonly locksInstance: boolean;
}

/** What a spec may leave out, and which keys mean something, by kind of server. */
export const engineDefaults: Readonly<Record<EngineName, EngineDefaults>> = {
  postgresql: {
    port: 5432,
    maintenanceDatabase: 'postgres',
    choosesMaintenanceDatabase: true,
    locksInstance: false,
  },
  mysql: {
    port: 3306,
    maintenanceDatabase: 'information_schema',
    choosesMaintenanceDatabase: false,
    locksInstance: true,
  },
  mariadb: {
    port: 3306,
    maintenanceDatabase: 'information_schema',
    choosesMaintenanceDatabase: false,
    locksInstance: false,
  },
};
