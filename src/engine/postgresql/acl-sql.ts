import type { Script } from './script.ts';

/** One item of an ACL, as the inventory's facts have it. `grantee` null: PUBLIC. `grantor` null: a role that is gone. */
export interface AclItem {
  readonly grantee: string | null;
  readonly privilege: string;
  readonly grantable: boolean;
  readonly grantor: string | null;
}

/**
 * Grants so that the ACL becomes `items`, on an object whose owner's and PUBLIC's privileges were revoked. A grant by
 * someone who is not the owner needs that role's session (`GRANTED BY` only takes the current user), and the grant that
 * gives it the option must come before (PostgreSQL manual, GRANT).
 */
export function addGrants(
  script: Script,
  object: string,
  acl: { readonly owner: string; readonly items: readonly AclItem[] },
): void {
  const holders = new Set<string>();
  let pending = [...acl.items];
  const isReady = ({ grantor, privilege }: AclItem): boolean =>
    grantor === null || grantor === acl.owner || holders.has(`${privilege} ${grantor}`);
  while (pending.length > 0) {
    const ready = pending.filter(isReady);
    // Grantors without an option of their own cannot be in a valid ACL; as the owner's grants nothing is lost.
    const next = ready.length > 0 ? ready : pending;
    for (const item of next) {
      const byOther = ready.length > 0 && item.grantor !== null && item.grantor !== acl.owner;
      const grantee = item.grantee === null ? 'PUBLIC' : script.role(item.grantee);
      if (byOther && item.grantor !== null) script.add(`SET SESSION AUTHORIZATION ${script.role(item.grantor)}`);
      script.add(`GRANT ${item.privilege} ON ${object} TO ${grantee}${item.grantable ? ' WITH GRANT OPTION' : ''}`);
      if (byOther) script.add('RESET SESSION AUTHORIZATION');
      if (item.grantable && item.grantee !== null) holders.add(`${item.privilege} ${item.grantee}`);
    }
    pending = pending.filter((item) => !next.includes(item));
  }
}
