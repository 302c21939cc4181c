import { expect, test } from 'vitest';
import { cacheDirectoryOf } from '../../src/cli/cache-directory.ts';

const nobody = (): string => {
  throw new Error('uv_os_homedir returned ENOENT');
};

test.each([
  [{ XDG_CACHE_HOME: '/cache' }, () => '/home/u', '/cache/holdfast'],
  [{}, () => '/home/u', '/home/u/.cache/holdfast'],
  [{ XDG_CACHE_HOME: '' }, () => '/home/u', '/home/u/.cache/holdfast'],
  [{ XDG_CACHE_HOME: 'cache' }, () => '/home/u', '/home/u/.cache/holdfast'],
  [{}, () => '', '/.cache/holdfast'],
  [{}, nobody, '/.cache/holdfast'],
])('the cache is never in the working directory, and needs no home: %j', (env, home, expected) => {
  expect(cacheDirectoryOf(env, home)).toBe(expected);
});
