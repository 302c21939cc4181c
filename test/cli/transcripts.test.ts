import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { play } from '../support/transcript.ts';

/** What people and scripts see of the program: both streams and the exit code, played by real processes. */
const directory = join(import.meta.dirname, 'transcripts');

// Many short processes one after another; the machine may be slow, and none of them waits for anything.
test.concurrent.for(readdirSync(directory).filter((name) => name.endsWith('.txt')))(
  '%s',
  { timeout: 600_000 },
  async (name, { expect }) => {
    await expect(await play(join(directory, name))).toMatchFileSnapshot(join(directory, name));
  },
);
