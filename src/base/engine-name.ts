/** A kind of database server, as the spec and the manifest name it. */
export const engineNames = ['postgresql', 'mysql', 'mariadb'] as const;

export type EngineName = (typeof engineNames)[number];

/** As their makers write them. */
export const productNames: Readonly<Record<EngineName, string>> = {
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  mariadb: 'MariaDB',
};
