import { flavours, type Flavour } from './flavour.ts';
import { settingArguments, throwawaySettings } from './server-settings.ts';
import { zonesSetting } from './time-zones.ts';

/**
 * A server from the official image or one that follows its conventions (MYSQL_ROOT_PASSWORD, MYSQL_ROOT_HOST and
 * MARIADB_… : docs of hub.docker.com/_/mysql and hub.docker.com/_/mariadb). The shape is src/target/recipe.ts.
 */
export function mysqlContainerRecipe(name: Flavour['name']) {
  const flavour = flavours[name];
  const { env, passwordVariable, pingProgram, plugins } = flavour.throwaway;
  return {
    defaultImage: (series: string): string => `${name}:${series}`,
    plan: (wish: { readonly settings: Readonly<Record<string, string>> }) => {
      const { settings, notes } = throwawaySettings(flavour, wish.settings);
      return {
        // Loading every time zone takes longer than everything else; images do it unless told not to.
        env: { ...env, ...(wish.settings[zonesSetting] === undefined ? { MYSQL_INITDB_SKIP_TZINFO: '1' } : {}) },
        passwordVariable,
        // Options alone: the entry point puts the server program before them, and uses them for its first server too. A
        // plugin that an image does not have is an error in its log and no more.
        command: [...settingArguments(settings), ...plugins.map((plugin) => `--plugin-load-add=${plugin}`)],
        port: 3306,
        // The entry point's first server has no TCP, so this succeeds only for the final one. That a login is refused is
        // an answer as well (manual, page "mysqladmin", `ping`).
        readyCommand: [
          pingProgram,
          '--no-defaults',
          '--protocol=TCP',
          '--host=127.0.0.1',
          '--port=3306',
          '--connect-timeout=5',
          '--silent',
          'ping',
        ],
        maintenanceDatabase: 'information_schema',
        serverUser: 'mysql',
        notes,
      };
    },
  };
}
