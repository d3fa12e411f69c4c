/** A command line from a document as words: quotes are resolved, continued lines joined. */
export interface DocumentedCommand {
  readonly words: readonly string[];
  /** True in a block of code, where it is complete and can be copied. A sentence may only name it. */
  readonly isWhole: boolean;
}

/** Separators that end a command line, outside quotes. */
const SEPARATOR = /^(?:\|\|?|&&?|;|#.*|\d?>.*|<.*)$/;

/** Every command line of a Markdown text that begins with one of the programs. */
export function documentedCommands(text: string, programs: readonly string[]): DocumentedCommand[] {
  const blocks = [...text.matchAll(/^ *```(?:sh|bash)?\n(.*?)^ *```$/gms)].map(([, block = '']) => block);
  const prose = text.replaceAll(/^ *```.*?^ *```$/gms, '');
  // A pipe in a table is escaped. A line break inside code is a space.
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map(([, span = '']) =>
    span.replaceAll('\\|', '|').replaceAll('\n', ' '),
  );
  const lines = blocks.flatMap((block) => block.replaceAll(/\\\n\s*/g, ' ').split('\n'));
  return [
    ...lines.flatMap((line) => commandsIn(line, programs).map((words) => ({ words, isWhole: true }))),
    ...spans.flatMap((span) => commandsIn(span, programs).map((words) => ({ words, isWhole: false }))),
  ];
}

/** The command lines of one line of a shell that begin with one of the programs. */
export function commandsIn(line: string, programs: readonly string[]): string[][] {
  const commands: string[][] = [[]];
  for (const word of shellWords(line)) {
    if (SEPARATOR.test(word)) commands.push([]);
    else commands.at(-1)?.push(unquote(word));
  }
  const found = commands.flatMap((words) => {
    const at = words.findIndex((word) => programs.includes(word));
    // Possible prefixes: `$`, `npx`, `for ... do`, a prompt.
    return at === -1 ? [] : [words.slice(at)];
  });
  return found.filter((words) => words.length > 1);
}

/** Words with their quotes; separators are separate words. */
function shellWords(line: string): string[] {
  return line.match(/(?:'[^']*'|"[^"]*"|[^\s'";|&]|&(?=[^\s&]))+|[|&]+|;|#.*/g) ?? [];
}

function unquote(word: string): string {
  return word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? '');
}
