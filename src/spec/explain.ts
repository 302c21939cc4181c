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

/** Whether the key or the value at a path may be quoted. */
export type MayShow = (path: SpecPath, at: 'key' | 'value') => boolean;

/**
 * What ajv found, in words and at a place. No value that may be a secret is quoted. Errors that only follow from
 * another one at the same place are left out.
 */
export function explainErrors(errors: readonly ErrorObject[], mayShow: MayShow): readonly Complaint[] {
  const broken = new Set(
    errors
      .filter((error) => error.keyword === 'required' || error.keyword === 'additionalProperties')
      .map((error) => error.instancePath),
  );
  return errors
    .filter((error) => !isOfName(error))
    .filter((error) => !(/^(min|max)Properties$/.test(error.keyword) && broken.has(error.instancePath)))
    .map((error) => explain(error, mayShow));
}

function explain(error: ErrorObject, mayShow: MayShow): Complaint {
  const path = pathOf(error);
  const schema = (error.parentSchema ?? {}) as Schema;
  const form = schema.title;
  const shown = mayShow(path, 'value') && !isSecret(path);
  const value = shown ? quoted(error.data) : 'the value';
  const bad = (summary: string, help?: string): Complaint => ({
    path,
    at: 'value',
    severity: 'error',
    code: 'spec/bad-value',
    summary,
    label: labelOf(path),
    ...(help !== undefined && { help }),
  });

  switch (error.keyword) {
    case 'propertyNames': {
      const name = String(error.params['propertyName']);
      const complaint = bad(
        `${quoted(name)} cannot be a name`,
        nameRules[path.join('.') === 'databases' ? 'databases' : 'others'],
      );
      return { ...complaint, path: [...path, name], at: 'key', label: `a name in ${path.join('.')}` };
    }
    case 'additionalProperties': {
      const name = String(error.params['additionalProperty']);
      const complaint = unknownProperty(path, name, schema);
      if (mayShow([...path, name], 'key') && !isSecret(path)) return complaint;
      const help = `allowed: ${Object.keys(schema.properties ?? {}).join(', ')}`;
      return { ...complaint, summary: 'unknown property in or beside a secret', help };
    }
    case 'required':
    case 'dependentRequired':
      return missingProperty(path, error);
    case 'type':
      return form === 'secret' && (typeof error.data !== 'object' || Array.isArray(error.data)) && error.data !== null
        ? plainSecret(path)
        : wrongType(path, error);
    case 'enum':
    case 'const':
      return bad(`${value} is not allowed for ${path.at(-1)}`, allowedValues(error, shown));
    case 'pattern':
      return bad(`${value} is no valid ${forms[form ?? path.at(-1) ?? ''] ?? path.at(-1)}`, schema.description);
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

const forms: Readonly<Record<string, string>> = { duration: 'length of time', env: 'name of an environment variable' };

const nameRules = {
  databases: 'The key of a database has 1 to 63 characters.',
  others: 'A name has letters, digits, ".", "_" and "-", at most 63, and begins with a letter or a digit.',
};

/** Errors about a key itself: `propertyNames` already tells of it, with the name. */
export function isOfName(error: ErrorObject): boolean {
  return error.propertyName !== undefined || (error.parentSchema as Schema | undefined)?.title === 'name';
}

function allowedValues(error: ErrorObject, shown: boolean): string {
  const { allowedValues: several, allowedValue: one } = error.params as Record<string, unknown>;
  const allowed = (Array.isArray(several) ? (several as readonly unknown[]) : [one]).map(String);
  const list = `allowed: ${allowed.join(', ')}`;
  if (allowed.includes(String(error.data))) return `${list}, without quotes`;
  const near = shown && typeof error.data === 'string' ? nearestName(error.data, allowed) : undefined;
  return near === undefined ? list : `did you mean "${near}"? ${list}`;
}

const exactlyOne: Readonly<Record<string, string>> = { secret: 'env and file', target: 'local, container and server' };

function unknownProperty(path: SpecPath, name: string, schema: Schema): Complaint {
  const known = Object.keys(schema.properties ?? {});
  const near = nearestName(name, known);
  return {
    path: [...path, name],
    at: 'key',
    severity: 'error',
    code: 'spec/unknown-property',
    summary: `unknown property ${JSON.stringify(name)}`,
    label: path.length === 0 ? 'not allowed at the top level' : `not allowed in ${path.join('.')}`,
    help: near === undefined ? `allowed: ${known.join(', ')}` : `did you mean "${near}"?`,
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
        : wanted === 'integer' && typeof error.data === 'number'
          ? 'a fraction'
          : (typeNames[typeof error.data] ?? typeof error.data);
  const { title, description } = (error.parentSchema ?? {}) as Schema;
  const quotes =
    wanted === 'string' && (typeof error.data === 'number' || typeof error.data === 'boolean') && !isSecret(path);
  const help =
    error.data === null
      ? 'Write a value after the key, or remove the key.'
      : title === 'duration'
        ? description
        : quotes
          ? 'Put it in quotes.'
          : undefined;
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

function quoted(data: unknown): string {
  const text = JSON.stringify(data) ?? 'the value';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
