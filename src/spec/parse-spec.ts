import { createHash } from 'node:crypto';
import type { Diagnostic } from '../base/diagnostic.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { Desire } from './desire.ts';
import { desireDatabases } from './desire-databases.ts';
import { desireServers } from './desire-servers.ts';
import type { Desired, DesiredSecretFile } from './desired.ts';
import { explainErrors } from './explain.ts';
import { prune } from './prune.ts';
import { readDocument } from './read-document.ts';
import type { SpecDocument } from './spec-document.gen.ts';
import type { Complaint, SpecPath } from './spec-text.ts';
import { validateSpec } from './validate-spec.ts';

/**
 * The text of a spec to what the user wants, defaults filled in and references resolved; or every reason why not, in
 * the order of the lines. `file` is the path as the user gave it: relative paths in the spec count from its folder.
 * Reads nothing and never throws for any text.
 */
export function parseSpec(text: string, file: string): Result<Desired> {
  const body = text.replace(/^\uFEFF/, '');
  const { source, data, diagnostics } = readDocument(body, file);
  if (diagnostics.length > 0) return failed(byPlace(diagnostics));

  const errors = validateSpec(data);
  const complaints: Complaint[] = [...explainErrors(errors, source.mayShow)];
  const broken = complaints.map(({ path }) => path);
  // What is sound is looked at as well, so that one run shows everything that is wrong.
  const document = errors.length === 0 ? (data as SpecDocument) : prune(data);
  const report = (complaint: Complaint): void => {
    if (!follows(complaint, broken)) complaints.push(complaint);
  };
  const secretFiles = new Map<string, DesiredSecretFile>();
  const noteSecretFile: Desire['noteSecretFile'] = (path, named) => {
    if (!secretFiles.has(named)) secretFiles.set(named, { path: named, place: source.keyPlace(path) });
  };
  const declared = data as SpecDocument;
  const parts = document && desire({ document, declared, file, text, place: source.keyPlace, report, noteSecretFile });
  const desired = parts && { ...parts, secretFiles: [...secretFiles.values()] };

  const found = byPlace(unique(complaints.map(source.diagnose)));
  if (desired === undefined || found.some((diagnostic) => diagnostic.severity === 'error')) return failed(found);
  return ok(desired, found);
}

function desire(context: Desire): Omit<Desired, 'secretFiles'> {
  const { digestKey, ...servers } = desireServers(context);
  return {
    file: context.file,
    digest: createHash('sha256').update(context.text).digest('hex'),
    ...servers,
    databases: desireDatabases(context, servers),
    ...(digestKey && { digestKey }),
  };
}

/** Whether a contradiction may only be there because something in the same section did not fit the schema. */
function follows({ path, code }: Complaint, broken: readonly SpecPath[]): boolean {
  if (code === 'spec/unknown-reference' || code === 'spec/bad-value') return false;
  return broken.some((other) => other.length >= 3 && path.length >= 3 && startsWith(path, other.slice(0, -1)));
}

function startsWith(path: SpecPath, start: SpecPath): boolean {
  return start.every((part, index) => path[index] === part);
}

function unique(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Map(
    diagnostics.map((each) => [`${each.place?.line}:${each.place?.column}:${each.code}:${each.summary}`, each]),
  );
  return [...seen.values()];
}

function byPlace(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted(
    (a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
}
