import { Chalk } from 'chalk';

/** Colours by meaning, so that no other file names a colour. Each function returns its text unchanged at level 0. */
export interface Paint {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly info: (text: string) => string;
  readonly success: (text: string) => string;
  /** What is created. */
  readonly added: (text: string) => string;
  /** What is changed or proven. */
  readonly changed: (text: string) => string;
  /** What is deleted. */
  readonly removed: (text: string) => string;
  readonly heading: (text: string) => string;
  /** What may be skipped when reading. */
  readonly faint: (text: string) => string;
  readonly strong: (text: string) => string;
}

/**
 * `level` as chalk counts: 0 none, 1 sixteen colours, 2 two hundred and fifty-six, 3 true colour. Looks at no environment
 * variable and no terminal: whoever calls has decided.
 */
export function paint(level: 0 | 1 | 2 | 3): Paint {
  const chalk = new Chalk({ level });
  return {
    error: (text) => chalk.red.bold(text),
    warning: (text) => chalk.yellow.bold(text),
    info: (text) => chalk.cyan(text),
    success: (text) => chalk.green(text),
    added: (text) => chalk.green(text),
    changed: (text) => chalk.yellow(text),
    removed: (text) => chalk.red(text),
    heading: (text) => chalk.bold.underline(text),
    faint: (text) => chalk.dim(text),
    strong: (text) => chalk.bold(text),
  };
}
