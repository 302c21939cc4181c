import { chmod, chown, link, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { initialiseFilesystemRepository } from '../../src/repository/filesystem/initialise.ts';
import { openFilesystemRepository } from '../../src/repository/filesystem/open.ts';
import { repositoryConformance } from './repository.ts';

const made: string[] = [];
async function place(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-repository-'));
  made.push(path);
  return path;
}
async function make(root?: string) {
  const path = root ?? (await place());
  await initialiseFilesystemRepository(path);
  return openFilesystemRepository(path);
}
afterAll(() => Promise.all(made.map((path) => rm(path, { recursive: true, force: true }))));

repositoryConformance('filesystem', () => make());

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

describe('a repository in a directory', () => {
  test('is not made where anything lies', async () => {
    const path = await place();
    await writeFile(join(path, 'photo.jpg'), 'x');
    await expect(initialiseFilesystemRepository(path)).rejects.toMatchObject({ code: 'repository/exists' });
    const { location } = await make();
    await expect(initialiseFilesystemRepository(location)).rejects.toMatchObject({ code: 'repository/exists' });
  });

  test('is not made below a directory that does not exist', async () => {
    await expect(initialiseFilesystemRepository(join(await place(), 'no', 'where'))).rejects.toMatchObject({
      code: 'repository/unreachable',
    });
  });

  test('that is absent is not a new one', async () => {
    const path = await place();
    for (const absent of [path, join(path, 'none')]) {
      await expect(openFilesystemRepository(absent)).rejects.toMatchObject({ code: 'repository/not-initialised' });
    }
  });

  test('that cannot be opened says why, and what to do', async () => {
    const path = await place();
    await symlink('holdfast.json', join(path, 'holdfast.json'));
    await expect(openFilesystemRepository(path)).rejects.toMatchObject({
      code: 'repository/unreachable',
      message: `${path}/holdfast.json cannot be read (ELOOP)`,
      hint: expect.stringContaining('Look at the disk') as string,
    });
    await symlink('loop', join(path, 'loop'));
    await expect(openFilesystemRepository(join(path, 'loop'))).rejects.toMatchObject({
      code: 'repository/unreachable',
      message: `${path}/loop cannot be read (ELOOP)`,
    });
  });

  test.each(['', '{', '{"kind":}', 'null', '[]', '{"kind":"holdfast.repository","formatVersion":1,"id":"x"}'])(
    'whose mark is damaged is refused: %s',
    async (text) => {
      const path = await place();
      await writeFile(join(path, 'holdfast.json'), text);
      await expect(openFilesystemRepository(path)).rejects.toMatchObject({ code: 'repository/not-initialised' });
    },
  );

  test('of a newer format is refused', async () => {
    const path = await place();
    await writeFile(
      join(path, 'holdfast.json'),
      JSON.stringify({ kind: 'holdfast.repository', formatVersion: 2, id: '0'.repeat(32) }),
    );
    await expect(openFilesystemRepository(path)).rejects.toMatchObject({ code: 'repository/format' });
  });

  test('with a stray file in the place of a directory can still be read', async () => {
    const repository = await make(await place());
    await repository.put('tombstones/s/d/x.json', once('x'));
    await writeFile(join(repository.location, 'tombstones/stray'), '');
    expect(await repository.names('tombstones/stray/')).toEqual([]);
    // In the place of a whole group it is no stray file, and nothing may look empty because of it.
    await writeFile(join(repository.location, 'manifests'), '');
    await expect(repository.names('manifests/')).rejects.toMatchObject({ code: 'repository/io' });
  });

  test('whose disk went away is not written to', async () => {
    const path = join(await place(), 'mounted');
    const repository = await make(path);
    await rm(path, { recursive: true });
    await mkdir(path);
    await expect(repository.put('data/a/x', once('x'))).rejects.toMatchObject({ code: 'repository/unreachable' });
    await expect(repository.names('data/')).rejects.toMatchObject({ code: 'repository/unreachable' });
  });

  test('is the same one after its mark got another owner, mode or a second name', async () => {
    const repository = await make();
    const mark = join(repository.location, 'holdfast.json');
    await chmod(mark, 0o640);
    await repository.put('data/a/x', once('x'));
    // What `cp -al` and `rsync --link-dest` do to every file of a copy that shares its storage.
    await link(mark, join(await place(), 'copy'));
    await repository.put('data/a/y', once('y'));
    await chown(mark, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
    expect([...(await repository.names('data/a/'))].sort()).toEqual(['x', 'y']);
  });

  test('is another one once its mark says so, in the same file or in a new one', async () => {
    for (const write of [writeFile, replaceFile]) {
      const repository = await make();
      const mark = join(repository.location, 'holdfast.json');
      const text = await readFile(mark, 'utf8');
      await write(mark, text.replace(repository.id, '0'.repeat(32)));
      await expect(repository.put('data/a/x', once('x'))).rejects.toMatchObject({ code: 'repository/unreachable' });
      // Nor does a mark that cannot be read prove that it is the same.
      await write(mark, '{');
      await expect(repository.names('data/')).rejects.toMatchObject({ code: 'repository/unreachable' });
    }
  });

  test('follows no symbolic link', async () => {
    const repository = await make();
    const outside = await place();
    await writeFile(join(outside, 'secret'), 'canary');
    await symlink(outside, join(repository.location, 'data'));
    await mkdir(join(repository.location, 'contents'));
    await symlink(join(outside, 'secret'), join(repository.location, 'contents/x'));
    const attempts: readonly (() => Promise<unknown>)[] = [
      () => repository.put('data/x', once('x')),
      () => repository.read('data/secret'),
      () => repository.read('contents/x'),
      () => repository.remove('data/secret'),
      () => Array.fromAsync(repository.list('data/')),
      () => Array.fromAsync(repository.list('contents/')),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'repository/io' });
    expect((await stat(join(outside, 'secret'))).size).toBe(6);
  });

  test('is private', async () => {
    const repository = await make();
    await repository.put('data/a/x', once('x'));
    expect((await stat(join(repository.location, 'data/a'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(repository.location, 'data/a/x'))).mode & 0o777).toBe(0o600);
    await chmod(repository.location, 0o700);
  });

  test('ignores files that nobody of Holdfast wrote', async () => {
    const repository = await make();
    await repository.put('data/a/x', once('x'));
    await writeFile(join(repository.location, 'data/a/.DS_Store'), '');
    expect((await Array.fromAsync(repository.list('data/'))).map(({ key }) => key)).toEqual(['data/a/x']);
  });
});
