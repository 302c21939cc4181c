import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { secretSource } from '../../../src/secret/secret-source.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-secret-'));
});
afterAll(() => rm(folder, { recursive: true }));

const source = secretSource({ env: { FULL: ' pass word ', EMPTY: '' } });

async function file(name: string, text: string, mode = 0o600): Promise<{ kind: 'file'; path: string }> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return { kind: 'file', path };
}

test('an environment variable is taken as it is', async () => {
  expect((await source.read({ kind: 'env', name: 'FULL' })).reveal()).toBe(' pass word ');
});

test.each(['ABSENT', 'EMPTY', 'constructor'])('the variable %s gives no secret', async (name) => {
  await expect(source.read({ kind: 'env', name })).rejects.toMatchObject({
    code: 'secret/missing',
    message: expect.stringContaining(name),
  });
});

test.each([
  ['plain', 'hunter2', 'hunter2'],
  ['unix', 'hunter2\n', 'hunter2'],
  ['windows', 'hunter2\r\n', 'hunter2'],
  ['two line breaks', 'hunter2\n\n', 'hunter2\n'],
  ['spaces', ' hunter2 \n', ' hunter2 '],
])('one line break at the end of a file does not count: %s', async (name, text, value) => {
  expect((await source.read(await file(name, text))).reveal()).toBe(value);
});

test('a file that all may read is a mounted secret; one that all may write is refused without its value', async () => {
  expect((await source.read(await file('mounted', 'hunter2', 0o444))).reveal()).toBe('hunter2');
  const error: unknown = await source.read(await file('open', 'hunter2', 0o666)).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'secret/missing' });
  expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
});

test.each([
  ['empty', ''],
  ['only a line break', '\n'],
])('a file that is %s gives no secret', async (name, text) => {
  await expect(source.read(await file(name, text))).rejects.toMatchObject({ code: 'secret/missing' });
});

test('a file that is not there is named with the reason', async () => {
  const path = join(folder, 'absent');
  await expect(source.read({ kind: 'file', path })).rejects.toMatchObject({
    code: 'secret/missing',
    message: `the secret file ${path} cannot be read (ENOENT)`,
  });
});

test('a secret is read anew each time', async () => {
  const reference = await file('rotated', 'first');
  expect((await source.read(reference)).reveal()).toBe('first');
  await writeFile(reference.path, 'second');
  expect((await source.read(reference)).reveal()).toBe('second');
});
