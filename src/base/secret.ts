import { inspect } from 'node:util';

/**
 * A value that must not be shown. Every way of turning it into text gives `[secret]`; only `reveal()` gives the value,
 * and only the code that hands it to a driver, a passfile or an environment calls it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
