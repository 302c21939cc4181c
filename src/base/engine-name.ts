/** A kind of database server, as the spec and the manifest name it. */
export const engineNames = ['postgresql', 'mysql', 'mariadb'] as const;

export type EngineName = (typeof engineNames)[number];
