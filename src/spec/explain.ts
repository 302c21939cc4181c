import type { ErrorObject } from 'ajv';
import type { Complaint, SpecPath } from './spec-text.ts';
import { looksSecret } from './secret-ranges.ts';
import { nearestName } from './nearest.ts';

/** A part of the schema, as ajv hands it over with an error. */
interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/**
 * What ajv found, in words and at a place. No value that may be a secret is quoted. Errors that only follow from
 * another one at the same place are left out.
 */
export function explainErrors(errors: readonly ErrorObject[]): readonly Complaint[] {
  const broken = new Set(
    errors
      .filter((error) => error.keyword === 'required' || error.keyword === 'additionalProperties')
      .map((error) => error.instancePath),
  );
  return errors
    .filter((error) => error.keyword !== 'propertyNames')
    .filter((error) => !(/^(min|max)Properties$/.test(error.keyword) && broken.has(error.instancePath)))
    .map(explain);
}

function explain(error: ErrorObject): Complaint {
  const path = pathOf(error);
  const schema = (error.parentSchema ?? {}) as Schema;
  const form = schema.title;
  const value = quoted(error.data, path);
  const bad = (summary: string, help?: string): Complaint => ({
    path,
    at: 'value',
    severity: 'error',
    code: 'spec/bad-value',
    summary,
    label: labelOf(path),
    ...(help !== undefined && { help }),
  });

  if (error.propertyName !== undefined) {
    const complaint = bad(`the name ${JSON.stringify(error.propertyName)} cannot be used`, schema.description);
    return { ...complaint, path: [...path, error.propertyName], at: 'key', label: `a name in ${path.join('.')}` };
  }
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownProperty(path, String(error.params['additionalProperty']), schema);
    case 'required':
    case 'dependentRequired':
      return missingProperty(path, error);
    case 'type':
      return form === 'secret' && (typeof error.data !== 'object' || Array.isArray(error.data)) && error.data !== null
        ? plainSecret(path)
        : wrongType(path, error);
    case 'enum':
    case 'const': {
      const allowed = (
        error.keyword === 'enum'
          ? (error.params['allowedValues'] as readonly unknown[])
          : [error.params['allowedValue']]
      ).map(String);
      const near = typeof error.data === 'string' && !isSecret(path) ? nearestName(error.data, allowed) : undefined;
      const list = `allowed: ${allowed.join(', ')}`;
      return bad(
        `${value} is not allowed for ${path.at(-1)}`,
        near === undefined ? list : `did you mean "${near}"? ${list}`,
      );
    }
    case 'pattern':
      return bad(`${value} is no valid ${forms[form ?? ''] ?? path.at(-1)}`, schema.description);
    case 'minimum':
      return bad(`${path.at(-1)} must be at least ${error.params['limit']}`);
    case 'maximum':
      return bad(`${path.at(-1)} must be at most ${error.params['limit']}`);
    case 'minLength':
      return bad(`${path.at(-1)} must not be empty`);
    case 'maxLength':
      return bad(`${path.at(-1)} is longer than ${error.params['limit']} characters`);
    case 'minProperties':
    case 'maxProperties':
      return form !== undefined && exactlyOne[form] !== undefined
        ? { ...bad(`${path.at(-1)} needs exactly one of ${exactlyOne[form]}`), at: 'key' }
        : { ...bad(`${path.at(-1)} must not be empty`), at: 'key' };
    case 'minItems':
    case 'maxItems':
      return bad(`${path.at(-1)} must name exactly one`);
    default:
      return bad(`${path.at(-1) ?? 'the spec'} does not fit the schema (${error.keyword})`);
  }
}

const forms: Readonly<Record<string, string>> = { duration: 'length of time', host: 'host', name: 'name' };

const exactlyOne: Readonly<Record<string, string>> = { secret: 'env and file', target: 'local, container and server' };

function unknownProperty(path: SpecPath, name: string, schema: Schema): Complaint {
  const known = Object.keys(schema.properties ?? {});
  const near = nearestName(name, known);
  const secret = isSecret(path);
  return {
    path: [...path, name],
    at: 'key',
    severity: 'error',
    code: 'spec/unknown-property',
    summary: secret ? 'unknown property in a reference to a secret' : `unknown property ${JSON.stringify(name)}`,
    label: path.length === 0 ? 'not allowed at the top level' : `not allowed in ${path.join('.')}`,
    help: near === undefined || secret ? `allowed: ${known.join(', ')}` : `did you mean "${near}"?`,
  };
}

function missingProperty(path: SpecPath, error: ErrorObject): Complaint {
  const name = String(error.params['missingProperty']);
  const because = error.keyword === 'dependentRequired' ? `, because there is "${error.params['property']}"` : '';
  const properties = (error.parentSchema as Schema | undefined)?.properties?.[name] as Schema | undefined;
  return {
    path,
    at: 'key',
    severity: 'error',
    code: 'spec/missing-property',
    summary: `missing property "${name}"`,
    label: `${path.length === 0 ? 'the spec' : path.join('.')} needs "${name}"${because}`,
    ...(properties?.description !== undefined && { help: properties.description }),
  };
}

function plainSecret(path: SpecPath): Complaint {
  return {
    path,
    at: 'value',
    severity: 'error',
    code: 'spec/plain-secret',
    summary: `${path.at(-1)} stands in the spec as text`,
    label: 'a reference is needed here',
    help: 'Write { env: NAME } or { file: PATH } instead, and change the secret if anyone else can see this file.',
  };
}

function wrongType(path: SpecPath, error: ErrorObject): Complaint {
  const wanted = String(error.params['type']);
  const given =
    error.data === null
      ? 'nothing'
      : Array.isArray(error.data)
        ? 'a list'
        : (typeNames[typeof error.data] ?? typeof error.data);
  const quotes =
    wanted === 'string' && (typeof error.data === 'number' || typeof error.data === 'boolean') && !isSecret(path);
  const help =
    error.data === null ? 'Write a value after the key, or remove the key.' : quotes ? 'Put it in quotes.' : undefined;
  return {
    path,
    at: 'value',
    severity: 'error',
    code: 'spec/wrong-type',
    summary: `expected ${typeNames[wanted] ?? wanted}, found ${given}`,
    label: labelOf(path),
    ...(help !== undefined && { help }),
  };
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a mapping of keys to values',
  array: 'a list',
};

/** The JSON pointer of RFC 6901 that ajv gives, as keys. */
export function pathOf(error: ErrorObject): SpecPath {
  return error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function isSecret(path: SpecPath): boolean {
  return path.some((part, depth) => depth !== 1 && looksSecret(part));
}

function labelOf(path: SpecPath): string {
  return path.length === 0 ? 'the spec' : path.join('.');
}

function quoted(data: unknown, path: SpecPath): string {
  if (isSecret(path)) return 'the value';
  const text = JSON.stringify(data) ?? 'the value';
  return /:\/\/[^/]*:[^/]*@/.test(text) ? 'the value' : text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
