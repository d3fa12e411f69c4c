import { UsageError } from './errors.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** One command, for a completion script. */
export interface Completable {
  readonly name: string;
  readonly summary: string;
  /** Options as typed, such as `--json`. */
  readonly options: readonly string[];
  /** Subcommands, if it has any. */
  readonly subcommands: readonly string[];
}

/** The options and subcommands in a command's help text, which is the only place where they are listed. */
export function readHelp(help: string): Pick<Completable, 'options' | 'subcommands'> {
  const options = new Set([...help.matchAll(/^ {2}(?:-\w, )?(--[a-z][a-z-]*)/gm)].map(([, option = '']) => option));
  const commands = help.split(/^Commands:$/m)[1] ?? '';
  const subcommands = [...commands.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name = '']) => name);
  return { options: [...options], subcommands: [...new Set(subcommands)].filter((name) => name !== 'help') };
}

/**
 * A script that completes commands, subcommands and options; the shell itself completes files.
 * @throws UsageError for an unknown shell
 */
export function renderCompletionScript(shell: string, program: string, commands: readonly Completable[]): string {
  switch (shell) {
    case 'bash':
      return bash(program, commands);
    case 'zsh':
      return zsh(program, commands);
    case 'fish':
      return fish(program, commands);
    default:
      throw new UsageError(`unknown shell "${shell}"; completion exists for ${SHELLS.join(', ')}`);
  }
}

function wordsOf({ subcommands, options }: Completable): string {
  return [...subcommands, ...options].join(' ');
}

function bash(program: string, commands: readonly Completable[]): string {
  const cases = commands.map((command) => `    ${command.name}) words="${wordsOf(command)}" ;;`);
  return `# Add to ~/.bashrc: source <(${program} completion bash)
_${program}() {
  local current=\${COMP_WORDS[COMP_CWORD]} words
  case "\${COMP_CWORD}:\${COMP_WORDS[1]}" in
    1:*) words="help completion ${commands.map(({ name }) => name).join(' ')}" ;;
    *) case "\${COMP_WORDS[1]}" in
${cases.map((line) => `  ${line}`).join('\n')}
      help) words="${commands.map(({ name }) => name).join(' ')}" ;;
      completion) words="${SHELLS.join(' ')}" ;;
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${program} ${program}
`;
}

function zsh(program: string, commands: readonly Completable[]): string {
  const described = commands.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  const cases = commands.map((command) => `    ${command.name}) compadd -- ${wordsOf(command)} ;;`);
  return `#compdef ${program}
# Add to ~/.zshrc, after compinit: source <(${program} completion zsh)
_${program}() {
  local -a commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "\${words[2]}" in
${cases.join('\n')}
    help) compadd -- ${commands.map(({ name }) => name).join(' ')} ;;
    completion) compadd -- ${SHELLS.join(' ')} ;;
  esac
  _files
}
compdef _${program} ${program}
`;
}

function fish(program: string, commands: readonly Completable[]): string {
  const lines = commands.flatMap(({ name, summary, options, subcommands }) => [
    `complete -c ${program} -n __fish_use_subcommand -a ${name} -d '${quoted(summary)}'`,
    ...subcommands.map((word) => `complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -a ${word}`),
    ...options.map(
      (option) => `complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -l ${option.replace(/^--/, '')}`,
    ),
  ]);
  return `# Save as ~/.config/fish/completions/${program}.fish
${lines.join('\n')}
`;
}

/** A single quote would end the string in all three shells. */
function quoted(text: string): string {
  return text.replaceAll("'", '’');
}
