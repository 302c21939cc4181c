import { nearestName } from '../spec/nearest.ts';
import { commands } from './commands.ts';
import { declaredBy } from './declared-options.ts';
import { globalOptions } from './global-options.ts';
import { invalidUsage, type InvalidInput } from './invalid-input.ts';

/**
 * What is wrong with a command line, from what yargs says about it. yargs names an unknown option in two spellings and
 * suggests none, and does not say which command it means.
 */
export function usageError(message: string, words: readonly string[]): InvalidInput {
  const command = commands.find(({ usage }) => words.includes(nameOf(usage)));
  const options = [globalOptions, ...(command === undefined ? [] : [command.options])].flatMap((declare) =>
    declaredBy(declare).options.map(([name]) => name),
  );
  const see = `See backup ${command === undefined ? '' : `${nameOf(command.usage)} `}--help.`;
  const [, kind = '', rest = ''] =
    /^(Unknown (?:argument|command)s?|Missing required arguments?|Not enough arguments following|Invalid values|Did you mean|Not enough non-option arguments):?\s*(.*)$/s.exec(
      message,
    ) ?? [];
  const names = rest.trim().split(/,\s*/);
  if (kind.startsWith('Unknown')) return unknown(withoutSecondSpelling(names, words), { words, options, see });
  if (kind.startsWith('Missing'))
    return invalidUsage(`${names.map((name) => `--${name}`).join(' and ')} is missing`, see);
  if (kind === 'Not enough arguments following') return invalidUsage(`--${rest.trim()} needs a value`, see);
  if (kind === 'Did you mean') {
    const wrong = words.find((word) => !word.startsWith('-')) ?? '';
    return invalidUsage(
      `there is no command ${wrong}`,
      `Did you mean ${rest.trim().replace(/\?$/, '')}? See backup --help.`,
    );
  }
  if (kind === 'Not enough non-option arguments' && command !== undefined)
    return invalidUsage('an argument is missing', `Write: backup ${command.usage.replaceAll('..', '...')}`);
  const choices = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(rest);
  if (kind === 'Invalid values' && choices !== null) {
    const [, name = '', given = '', allowed = ''] = choices;
    return invalidUsage(
      `${options.includes(name) ? `--${name}` : name} may not be ${given.replaceAll('"', '')}`,
      `Possible: ${allowed.replaceAll('"', '')}.`,
    );
  }
  const line = message.replace(/\s*\n\s*/g, ', ').replace(/\.$/, '');
  return invalidUsage(line.charAt(0).toLowerCase() + line.slice(1), see);
}

const nameOf = (usage: string): string => usage.split(' ')[0] ?? usage;

/** yargs also lists the camelCase twin of every option, which nobody wrote. */
function withoutSecondSpelling(names: readonly string[], words: readonly string[]): readonly string[] {
  const written = names.filter((name) => words.some((word) => word.replace(/^-+/, '').split('=')[0] === name));
  // A cluster of short options (`-fbackup.yaml`) is taken apart letter by letter: it is named as it was written.
  return written.length > 0 ? written : words.filter((word) => /^-[^-]./.test(word));
}

function unknown(
  names: readonly string[],
  {
    words,
    options,
    see,
  }: { readonly words: readonly string[]; readonly options: readonly string[]; readonly see: string },
): InvalidInput {
  const written = names.map(
    (name) =>
      words.find((word) => word.startsWith('-') && word.replace(/^-+/, '').split('=')[0] === name)?.split('=')[0] ??
      name,
  );
  const close = names.flatMap((name, index) => {
    const match = written[index]?.startsWith('-') === true ? nearestName(name, options) : undefined;
    return match === undefined ? [] : [`--${match}`];
  });
  const what = written.every((name) => name.startsWith('-'))
    ? 'option'
    : words.includes(commandOf(words))
      ? 'argument'
      : 'command';
  return invalidUsage(
    `unknown ${what}${written.length === 1 ? '' : 's'} ${written.join(', ')}`,
    close.length === 0 ? see : `Did you mean ${close.join(', ')}? ${see}`,
  );
}

/** The command that the line names, or something that no line holds. */
const commandOf = (words: readonly string[]): string =>
  commands.map(({ usage }) => nameOf(usage)).find((name) => words.includes(name)) ?? '\u0000';
