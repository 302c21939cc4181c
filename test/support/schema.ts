import { readFile } from 'node:fs/promises';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

/**
 * What is wrong with a document, by one of schemas/: also a property that the schema does not describe, which readers would
 * ignore and which therefore nobody would miss there.
 */
export async function strictly(name: string): Promise<(document: unknown) => readonly Partial<ErrorObject>[]> {
  const path = new URL(`../../schemas/${name}.v1.schema.json`, import.meta.url);
  const schema = closed(JSON.parse(await readFile(path, 'utf8')) as unknown) as object;
  const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);
  return (document) => (validate(document) ? [] : (validate.errors ?? []));
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in inner && !('additionalProperties' in inner)
    ? { ...inner, additionalProperties: false }
    : inner;
}
