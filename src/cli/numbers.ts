import { invalidUsage } from './invalid-input.ts';

/** A whole number from 1 to 1,000, as an option's text. Throws InvalidInput. */
export function positiveInteger(text: string, option: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 1_000)
    throw invalidUsage(`${option} ${text} is not a whole number from 1 to 1000`);
  return number;
}
