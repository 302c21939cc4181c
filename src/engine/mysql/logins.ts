import { randomBytes } from 'node:crypto';
import { Secret } from '../../base/secret.ts';
import type { CleanServer, OpenServer } from '../clean-server.ts';
import type { LoginOutcome } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import { definerOf } from './definers.ts';
import type { Flavour } from './flavour.ts';
import { loginAccount, type LoginAccount } from './login-account.ts';
import { QueryError } from './query-error.ts';
import { openSession } from './session.ts';

/**
 * The contract is `Engine.tryLogin`. `role` is `user` or `user@host`. The server chooses the account by where the connection
 * comes from, so an account that is for elsewhere cannot be tried, and `detail` says so. Nothing is changed for a try; a
 * right password follows the wrong one, so that the server's count of failures starts anew.
 */
export const tryLogin =
  (flavour: Flavour) =>
  async (
    target: CleanServer | OpenServer,
    database: string,
    login: { readonly role: string; readonly password: Secret },
  ): Promise<LoginOutcome> => {
    const account = await loginAccount(target, flavour, login.role);
    const outcome = (known: Partial<LoginOutcome>): LoginOutcome => ({
      role: login.role,
      passwordsChecked: false,
      accepted: false,
      wrongPasswordRefused: false,
      detail: undefined,
      ...known,
    });
    if (account.isMissing) return outcome({ detail: account.cannotTry });
    const tries = { target, flavour, database, user: account.user };
    const right = await attempt(tries, login.password);
    // The server may know this client by more names than it tells, so a refusal decides and not the looking ahead.
    if (!right.verified && account.cannotTry !== undefined) return outcome({ detail: account.cannotTry });
    const wrong = await attempt(tries, new Secret(randomBytes(24).toString('base64url')));
    if (right.verified) await attempt(tries, login.password);
    const passwordsChecked = wrong.errno === wrongPassword || (right.verified && !wrong.verified);
    return outcome({
      passwordsChecked,
      accepted: passwordsChecked && right.verified && isMeantOne(account, right.as),
      wrongPasswordRefused: !wrong.verified,
      detail: passwordsChecked
        ? detailOf(account, right)
        : wrong.verified
          ? 'the server accepts any password'
          : `the account is not asked for a password: ${wrong.detail ?? 'refused'}`,
    });
  };

/** Access denied (using password: YES). MariaDB answers with 1698 where a plugin that asks for no password refuses. */
const wrongPassword = 1045;

/** What a server only says to somebody whose password was right. */
const afterwards: Readonly<Record<number, string>> = {
  1044: 'the password is right, and the account may not use the database',
  1820: 'the password is right and has expired',
  1862: 'the password is right and has expired',
};

interface Attempt {
  /** Whether the server found the password right. */
  readonly verified: boolean;
  readonly errno: number | undefined;
  /** The account that it took it for. */
  readonly as: string | undefined;
  readonly detail: string | undefined;
}

async function attempt(
  {
    target,
    flavour,
    database,
    user,
  }: {
    readonly target: ServerAccess;
    readonly flavour: Flavour;
    readonly database: string;
    readonly user: string;
  },
  password: Secret,
): Promise<Attempt> {
  const server = { ...target, connection: { ...target.connection, user, password } };
  try {
    await using session = await openSession(server, flavour, { database });
    const [row] = await session.query<{ me: string }>('SELECT CURRENT_USER() AS me');
    return { verified: true, errno: undefined, as: row?.me, detail: undefined };
  } catch (error) {
    if (!(error instanceof QueryError) || error.errno === undefined) throw error;
    const said = afterwards[error.errno];
    return { verified: said !== undefined, errno: error.errno, as: undefined, detail: said ?? error.message };
  }
}

/** An anonymous account or one for a closer host may have come first (MySQL manual, "Access Control, Stage 1"). */
function isMeantOne({ host, user }: LoginAccount, as: string | undefined): boolean {
  if (as === undefined) return true;
  const found = definerOf(as);
  return found.user === user && (host === undefined || found.host === host);
}

function detailOf(account: LoginAccount, right: Attempt): string | undefined {
  if (!isMeantOne(account, right.as)) return `the server took the login for ${right.as ?? 'another account'}`;
  return right.detail;
}
