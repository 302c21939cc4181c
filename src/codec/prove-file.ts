import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { InternalError, OperationError } from '../base/operation-error.ts';
import { fileChunks } from './file-chunks.ts';
import { proveStream, type Proof, type ProofOptions } from './prove-copy.ts';
import type { ProofAnswer, ProofTask } from './prove-worker.ts';

/** Below this, handing a file over costs more than reading it here. */
const workerFromBytes = 4 * 1024 * 1024;

/**
 * `proveStream` for a file. Large ones are read on threads of their own: their heaps are empty, so the
 * collections that a gigabyte of decoded chunks provokes cost next to nothing there, and nothing waits for them here.
 */
export async function proveFile(path: string, options: ProofOptions): Promise<Proof> {
  const { size } = await stat(path);
  options.signal?.throwIfAborted();
  if (size >= workerFromBytes) return onWorker(path, options);
  return proveStream(fileChunks(path), options);
}

interface Waiting {
  readonly resolve: (proof: Proof) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/** At the end of a dump its last and largest files are finished together, and nothing else is left to do. */
const threadLimit = 2;
const threads = new Set<Thread>();
let tasks = 0;

async function onWorker(path: string, { codec, as, signal }: ProofOptions): Promise<Proof> {
  const { worker, waiting } = leastBusy();
  const id = (tasks += 1);
  const abandon = Promise.withResolvers<never>();
  const stop = (): void => abandon.reject(signal?.reason as Error);
  signal?.addEventListener('abort', stop, { once: true });
  const proof = new Promise<Proof>((resolve, reject) => waiting.set(id, { resolve, reject }));
  worker.ref();
  worker.postMessage({ id, path, codec, as } satisfies ProofTask);
  try {
    return await Promise.race([proof, abandon.promise]);
  } finally {
    signal?.removeEventListener('abort', stop);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
  }
}

function leastBusy(): Thread {
  const [first] = [...threads].sort((a, b) => a.waiting.size - b.waiting.size);
  return first === undefined || (first.waiting.size > 0 && threads.size < threadLimit) ? startThread() : first;
}

function startThread(): Thread {
  // The source runs as TypeScript, the build as JavaScript. What is decoded lies outside of the heap, and little else is made:
  // the usual heap for new objects would only be more memory.
  const worker = new Worker(new URL(`./prove-worker${extname(import.meta.filename)}`, import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  const thread: Thread = { worker, waiting: new Map() };
  threads.add(thread);
  worker.unref();
  worker.on('message', ({ id, answer }: ProofAnswer) => {
    const task = thread.waiting.get(id);
    if (answer.ok) task?.resolve(answer.proof);
    else
      task?.reject(
        answer.code === undefined ? new InternalError(answer.message) : new OperationError(answer.code, answer.message),
      );
  });
  const lost = (error: Error): void => {
    threads.delete(thread);
    for (const task of thread.waiting.values()) task.reject(error);
  };
  worker.on('error', lost);
  worker.on('exit', () => lost(new InternalError('the thread that proves files ended')));
  return thread;
}
