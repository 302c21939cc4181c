import { createHash, createHmac } from 'node:crypto';
import type { Secret } from '../../base/secret.ts';
import type { Degradation, Fact, Holds } from '../../manifest/manifest.ts';
import { accessText } from './access-text.ts';
import { roleScope, type RoleScope } from './closure.ts';
import { roleFacts } from './facts.ts';
import { readInventory } from './inventory.ts';
import { readRoleGraph } from './role-graph.ts';
import type { Session } from './session.ts';

export interface Access {
  readonly scope: RoleScope;
  readonly bootstrap: string;
  readonly facts: readonly Fact[];
  readonly text: string;
  /** sha256 of `text`, hex. */
  readonly fingerprint: string;
  readonly passwords: { readonly keyId: string; readonly digest: string } | null;
  readonly degradations: readonly Degradation[];
}

export interface AccessRequest {
  readonly holds: Holds;
  readonly digestKey: Secret | undefined;
  /** `access` reads only what the text is made of, for a plan; a capture reads everything. Both give the same text. */
  readonly only?: 'access';
}

/** Who may do what in this database, as the policy's role scope sees it. Runs in the caller's transaction. */
export async function readAccess(session: Session, request: AccessRequest): Promise<Access> {
  const { holds } = request;
  const graph = await readRoleGraph(session, { scanData: holds.roles === 'referenced' });
  const scope = roleScope(graph, holds);
  const withPasswords = holds.passwords === 'hashes' && holds.roles !== 'none';
  const facts = await readInventory(session, {
    roles: scope.roles,
    passwords: withPasswords,
    ...(request.only === undefined ? {} : { only: request.only }),
  });
  const unreadable = withPasswords && roleFacts(facts).some(({ password }) => password === undefined);
  const { digestKey } = request;
  const text = accessText(facts, digestKey === undefined ? undefined : (value) => settingDigest(value, digestKey));
  return {
    scope,
    bootstrap: graph.bootstrap,
    facts,
    text,
    fingerprint: createHash('sha256').update(text).digest('hex'),
    passwords:
      request.digestKey === undefined || !withPasswords || unreadable
        ? null
        : passwordDigest(facts, { key: request.digestKey, bootstrap: graph.bootstrap }),
    degradations: [
      ...scope.degradations,
      ...(unreadable
        ? [
            {
              code: 'passwords-unreadable' as const,
              subject: 'roles',
              detail: 'the login may not read pg_authid, so the roles come back without their passwords',
            },
          ]
        : []),
      ...(holds.passwords === 'omit' && holds.roles !== 'none'
        ? [{ code: 'passwords-omitted' as const, subject: 'roles', detail: 'the policy leaves passwords out' }]
        : []),
    ],
  };
}

const settingDigest = (text: string, key: Secret): string =>
  createHmac('sha256', key.reveal()).update(`holdfast setting digest 1\n${text}`).digest('hex');

/**
 * A keyed digest, because one without a key would let anybody try passwords offline against it. `keyId` tells two keys
 * apart and nothing else. The bootstrap role's password is not in a backup, so it is not in the digest.
 */
function passwordDigest(
  facts: readonly Fact[],
  { key, bootstrap }: { readonly key: Secret; readonly bootstrap: string },
): { readonly keyId: string; readonly digest: string } {
  const hmac = (): ReturnType<typeof createHmac> => createHmac('sha256', key.reveal());
  const digest = hmac().update('holdfast password digest 1\n');
  for (const { name, password } of roleFacts(facts)) {
    if (name !== bootstrap) digest.update(`${JSON.stringify([name, password ?? null])}\n`);
  }
  return { keyId: hmac().update('holdfast key id').digest('hex').slice(0, 8), digest: digest.digest('hex') };
}
