import { OperationError } from '../base/operation-error.ts';
import { Secret } from '../base/secret.ts';

/** A secret from an environment variable. Throws `secret/missing` where it is unset or empty. */
export function readEnvSecret(name: string, env: Readonly<Record<string, string | undefined>>): Secret {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined || value === '') {
    const state = value === undefined ? 'is not set' : 'is empty';
    throw new OperationError('secret/missing', `the environment variable ${name} ${state}`, {
      hint: `Set ${name} for the process that runs backup.`,
    });
  }
  return new Secret(value);
}
