import { accountFlavours } from './account-flavour.ts';
import type { Flavour } from './flavour.ts';
import { accountName } from './quote.ts';
import type { Session } from './session.ts';

/** Some names of what is on a server beyond what it comes with and the login itself; empty where there is nothing. */
export async function serverContent(session: Session, flavour: Flavour): Promise<readonly string[]> {
  const content = [
    ...(await databases(session, flavour)),
    ...(await accounts(session, flavour)),
    ...(await others(session)),
    ...(await replication(session, flavour)),
  ];
  return content.slice(0, few);
}

const few = 5;

async function databases(session: Session, flavour: Flavour): Promise<readonly string[]> {
  const rows = await session.query<{ name: string }>(
    'SELECT schema_name AS name FROM information_schema.schemata ORDER BY schema_name',
  );
  return rows.filter(({ name }) => !flavour.ownDatabases.includes(name)).map(({ name }) => `database ${name}`);
}

/**
 * Accounts that a server is made with are as good as none, and so is the one that this session uses. Images make root for
 * more hosts than the server does, and accounts for their own health checks.
 */
async function accounts(session: Session, flavour: Flavour): Promise<readonly string[]> {
  const rows = await session.query<{ user: string; host: string; me: string }>(
    'SELECT User AS user, Host AS host, CURRENT_USER() AS me FROM mysql.user ORDER BY User, Host',
  );
  const { bootstrapUsers, bootstrapAccounts, publicRole } = accountFlavours[flavour.name];
  const users = new Set([...flavour.ownAccounts, ...bootstrapUsers, 'healthcheck', publicRole]);
  return rows
    .filter(({ user, host, me }) => !users.has(user) && ![me, ...bootstrapAccounts].includes(`${user}@${host}`))
    .map((account) => `account ${accountName(account)}`);
}

/** What belongs to no database. */
async function others(session: Session): Promise<readonly string[]> {
  const rows = await session.query<{ what: string }>(`
    SELECT CONCAT('loadable function ', name) AS what FROM mysql.func
    UNION ALL SELECT CONCAT('server ', Server_name) FROM mysql.servers
    UNION ALL SELECT CONCAT('privileges on database ', Db, ' of ', User, '@', Host) FROM mysql.db
      WHERE NOT (User = 'mysql.sys' AND Db = 'sys') AND NOT (User = 'mysql.session' AND Db = 'performance_schema')`);
  return rows.map(({ what }) => what);
}

/** A server that applies what another one does would go on doing so during a drill. */
async function replication(session: Session, flavour: Flavour): Promise<readonly string[]> {
  const rows = await session.query(flavour.replicaStatus);
  return rows.length === 0 ? [] : ['replication from another server'];
}
