import { parentPort } from 'node:worker_threads';
import type { DiagnosticCode } from '../base/codes.ts';
import { messageOf, OperationError } from '../base/operation-error.ts';
import { fileChunks } from './file-chunks.ts';
import { proveStream, type Proof, type ProofOptions } from './prove-copy.ts';

/** The thread of prove-file.ts. What crosses between threads is copied, so an error crosses as its parts. */
export interface ProofTask extends Pick<ProofOptions, 'codec' | 'as'> {
  readonly id: number;
  readonly path: string;
}

export interface ProofAnswer {
  readonly id: number;
  readonly answer:
    | { readonly ok: true; readonly proof: Proof }
    | { readonly ok: false; readonly code: DiagnosticCode | undefined; readonly message: string };
}

async function prove({ id, path, codec, as }: ProofTask): Promise<ProofAnswer> {
  try {
    return { id, answer: { ok: true, proof: await proveStream(fileChunks(path), { codec, as }) } };
  } catch (error) {
    const code = error instanceof OperationError ? error.code : undefined;
    return { id, answer: { ok: false, code, message: messageOf(error) } };
  }
}

parentPort?.on('message', (task: ProofTask) => {
  void prove(task).then((answer) => parentPort?.postMessage(answer));
});
