import { isUtf8 } from 'node:buffer';
import { OperationError } from '../../base/operation-error.ts';
import type { DumpProcess } from './dump-process.ts';

/** What a dump program prints for views alone, as one text. Throws `dump/truncated` without its end mark. */
export async function readViews(process: DumpProcess): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdout) {
    bytes += (chunk as Buffer).byteLength;
    if (bytes > limitBytes)
      throw new OperationError('dump/failed', 'the definitions of the views are larger than 64 MiB');
    chunks.push(chunk as Buffer);
  }
  await process.done;
  const text = Buffer.concat(chunks);
  if (!isUtf8(text)) throw new OperationError('dump/failed', 'the definition of a view is no UTF-8');
  const views = text.toString('utf8');
  if (!views.endsWith('\n-- Dump completed\n'))
    throw new OperationError('dump/truncated', 'the dump of the views ends without its end mark');
  return views.replace(/^-- Host: .*\n/m, '');
}

const limitBytes = 64 * 1024 * 1024;
