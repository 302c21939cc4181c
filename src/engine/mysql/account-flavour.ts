import type { Flavour } from './flavour.ts';

/** What tells the accounts of MySQL and MariaDB apart, as data. */
export interface AccountFlavour {
  /**
   * Accounts that a new server is made with, besides its own (`Flavour.ownAccounts`): users on these hosts and on the
   * server's own.
   */
  readonly bootstrapUsers: readonly string[];
  readonly bootstrapHosts: readonly string[];
  /** The same as `user@host`. */
  readonly bootstrapAccounts: readonly string[];
  /** Whether a role has a host like every other account. */
  readonly rolesHaveHosts: boolean;
  /** The role that stands for everybody. */
  readonly publicRole: string | undefined;
  /** SQL that gives one row with `literal`: 1 where grants name databases and no patterns. */
  readonly literalNamesSql: string | undefined;
  /** Plugins that keep no password: what they have of an account is a name elsewhere. */
  readonly mappingPlugins: readonly string[];
  /** Plugins that keep a password of their own, and a verifier in their form that nobody knows a password for. */
  readonly passwordPlugins: Readonly<Record<string, VerifierForm>>;
}

/** Parts of a verifier: fixed text, or so many random characters of an alphabet. */
export type VerifierForm = readonly (string | { readonly length: number; readonly of: string })[];

const hexadecimal = '0123456789ABCDEF';
const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const crypt = `./${alphanumeric}`;
const base64 = `${alphanumeric}+/`;

const native: VerifierForm = ['*', { length: 40, of: hexadecimal }];

export const accountFlavours: Readonly<Record<Flavour['name'], AccountFlavour>> = {
  mysql: {
    bootstrapUsers: ['root'],
    bootstrapHosts: ['localhost', '127.0.0.1', '::1'],
    bootstrapAccounts: [],
    rolesHaveHosts: true,
    publicRole: undefined,
    literalNamesSql: 'SELECT @@partial_revokes AS literal',
    mappingPlugins: [
      'auth_socket',
      'mysql_no_login',
      'authentication_pam',
      'authentication_windows',
      'authentication_kerberos',
      'authentication_ldap_simple',
      'authentication_ldap_sasl',
      'authentication_openid_connect',
    ],
    passwordPlugins: {
      caching_sha2_password: ['$A$005$', { length: 20, of: alphanumeric }, { length: 43, of: crypt }],
      sha256_password: ['$5$', { length: 20, of: alphanumeric }, '$', { length: 43, of: crypt }],
      mysql_native_password: native,
    },
  },
  mariadb: {
    bootstrapUsers: ['root'],
    bootstrapHosts: ['localhost', '127.0.0.1', '::1'],
    // mariadb-install-db makes an administrator for the user that the server runs as, who comes in by the socket alone.
    bootstrapAccounts: ['mysql@localhost'],
    rolesHaveHosts: false,
    publicRole: 'PUBLIC',
    literalNamesSql: undefined,
    mappingPlugins: ['unix_socket', 'pam', 'pam_v1', 'gssapi', 'named_pipe'],
    passwordPlugins: {
      mysql_native_password: native,
      mysql_old_password: [{ length: 16, of: hexadecimal.toLowerCase() }],
      // Without the `=` that fills the last group up.
      ed25519: [{ length: 42, of: base64 }, 'A'],
      parsec: ['P0:', { length: 24, of: base64 }, ':', { length: 42, of: base64 }, 'A'],
    },
  },
};

/** What plugins that keep no password have of an account, in the order of its plugins. */
export function mappingsOf(
  vendor: Flavour['name'],
  factors: readonly { readonly plugin: string; readonly text: string }[],
): readonly (string | null)[] {
  return factors.map(({ plugin, text }) => (accountFlavours[vendor].mappingPlugins.includes(plugin) ? text : null));
}
