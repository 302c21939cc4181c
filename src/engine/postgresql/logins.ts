import { randomBytes } from 'node:crypto';
import { Secret } from '../../base/secret.ts';
import type { CleanServer, OpenServer } from '../clean-server.ts';
import type { LoginOutcome } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import { QueryError } from './query-error.ts';
import { openSession } from './session.ts';

/**
 * The contract is `Engine.tryLogin`. The server checks passwords exactly where it refuses a wrong one for being wrong
 * (SQLSTATE 28P01): under trust anyone gets in, and a missing pg_hba.conf line or peer authentication refuses with 28000.
 */
export async function tryLogin(
  target: CleanServer | OpenServer,
  database: string,
  login: { readonly role: string; readonly password: Secret },
): Promise<LoginOutcome> {
  const { role } = login;
  const wrong = await attempt(target, database, { role, password: new Secret(randomBytes(24).toString('base64url')) });
  const right = await attempt(target, database, login);
  const passwordsChecked = wrong.state === '28P01';
  return {
    role,
    passwordsChecked,
    accepted: passwordsChecked && right.accepted,
    wrongPasswordRefused: !wrong.accepted,
    detail: passwordsChecked
      ? right.detail
      : wrong.accepted
        ? 'the server accepts any password (trust authentication)'
        : wrong.detail,
  };
}

interface Attempt {
  readonly accepted: boolean;
  readonly state?: string | undefined;
  readonly detail?: string;
}

async function attempt(
  target: ServerAccess,
  database: string,
  login: { readonly role: string; readonly password: Secret },
): Promise<Attempt> {
  const server = { ...target, connection: { ...target.connection, user: login.role, password: login.password } };
  try {
    await using session = await openSession(server, database, { applicationName: 'holdfast login proof' });
    await session.query('SELECT 1');
    return { accepted: true };
  } catch (error) {
    if (!(error instanceof QueryError) || error.sqlState === undefined) throw error;
    return { accepted: false, state: error.sqlState, detail: error.message };
  }
}
