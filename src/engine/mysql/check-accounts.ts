import type { Diagnostic } from '../../base/diagnostic.ts';
import type { RestoreRequest } from '../engine.ts';
import { accountFacts, accountKinds, grantFacts, partialRevokeFacts, pluginFacts } from './account-facts.ts';
import { plainName } from './account-name.ts';
import { missingPlugins } from './account-plugins.ts';
import { isLikeRole } from './mysql-statements.ts';
import type { Session } from './session.ts';

/**
 * What keeps the accounts of a backup from coming back: plugins that they log in with, privileges that this series does not
 * know, rules for passwords that bite on hashes. Rules about the text of a password do not: no server can check a hash
 * against them, and MySQL lets every hash pass (manual, "The Password Validation Component").
 */
export async function checkAccounts(
  session: Session,
  request: RestoreRequest,
  { isClean }: { readonly isClean: boolean },
): Promise<readonly Diagnostic[]> {
  const { inventory } = request.contents;
  if (!inventory.some(({ kind }) => accountKinds.has(kind))) return [];
  // On a clean server a restore loads what the server has in its folder of plugins.
  const loadable = new Set(isClean ? pluginFacts(inventory).map(({ name }) => name) : []);
  const plugins = await missingPlugins(session, inventory);
  return [
    ...plugins
      .filter((plugin) => !loadable.has(plugin))
      .map((plugin) =>
        lacks(
          `authentication plugin ${plugin} is not available`,
          'Install the package that brings it, and load it on the target with INSTALL SONAME or INSTALL PLUGIN.',
        ),
      ),
    ...(await unknownPrivileges(session, request)),
    ...(await passwordRules(session, request)),
  ];
}

const lacks = (summary: string, help: string): Diagnostic => ({
  severity: 'error',
  code: 'target/lacks-extension',
  summary,
  help,
});

/** SHOW PRIVILEGES also has the dynamic ones of the components that are loaded. */
async function unknownPrivileges(
  session: Session,
  { contents: { inventory } }: RestoreRequest,
): Promise<readonly Diagnostic[]> {
  const rows = await session.query<{ Privilege: string }>('SHOW PRIVILEGES');
  const known = new Set([...rows.map(({ Privilege }) => plainPrivilege(Privilege)), 'ALL PRIVILEGES']);
  const wanted = new Set([
    ...grantFacts(inventory).flatMap((grant) => [
      ...grant.privileges,
      ...(grant.level === 'server' ? Object.keys(grant.dynamic) : []),
      ...(grant.level === 'object' ? Object.keys(grant.columns) : []),
    ]),
    ...partialRevokeFacts(inventory).flatMap(({ privileges }) => privileges),
  ]);
  return [...wanted]
    .filter((privilege) => !known.has(plainPrivilege(privilege)))
    .sort()
    .map((privilege) =>
      lacks(
        `the target does not know the privilege ${privilege}`,
        'It belongs to another release, or to a component or plugin that the target has not loaded.',
      ),
    );
}

/** `READ_ONLY ADMIN` is `Read_only admin` there. */
const plainPrivilege = (privilege: string): string => privilege.toUpperCase().replaceAll('_', ' ');

async function passwordRules(session: Session, { contents, manifest }: RestoreRequest): Promise<readonly Diagnostic[]> {
  const accounts = accountFacts(contents.inventory).filter((account) => !account.isRole && !isLikeRole(account));
  const rows = await session.query<{ name: string; value: string }>(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('strict_password_validation', 'validate_password.policy', 'validate_password_policy')",
  );
  const variables = new Map(rows.map((row) => Object.values(row) as [string, string]));
  const [validators] = await session.query<{ found: string }>(
    "SELECT COUNT(*) AS found FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'PASSWORD VALIDATION' AND PLUGIN_STATUS = 'ACTIVE'",
  );
  const hasValidator = validators?.found !== '0';
  const found: Diagnostic[] = [];
  // With it, MariaDB refuses every hash, because it cannot check one (error 1290; manual, "strict_password_validation").
  if (hasValidator && variables.get('strict_password_validation') === 'ON' && accounts.length > 0)
    found.push({
      severity: 'error',
      code: 'target/unavailable',
      summary: 'the target takes no password hashes (strict_password_validation with a plugin that checks passwords)',
      help: 'Run on the target before the restore: SET GLOBAL strict_password_validation = OFF.',
    });
  const checksEmpty = hasValidator || [...variables.keys()].some((name) => name.startsWith('validate_password'));
  const empty = accounts.filter(({ verifier }) => verifier?.[0] === '' && manifest.holds.passwords === 'hashes');
  const withoutPassword = empty.filter(({ mappings }) => mappings[0] === null);
  if (checksEmpty && withoutPassword.length > 0)
    found.push({
      severity: 'error',
      code: 'target/unavailable',
      summary: `the target refuses accounts without a password (error 1819), as these are: ${withoutPassword.map(plainName).join(', ')}`,
      help: 'Switch its rules for passwords off while the restore runs, or give these accounts a password on the source.',
    });
  return found;
}
