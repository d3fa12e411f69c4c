import type { CliCommand, CommandContext } from './cli-command.ts';
import { readHelp } from './completion.ts';
import { helpOf } from './run-cli.ts';

const INTRODUCTION = `# Commands

Written by \`npm run commands:document\` from the commands themselves; a test compares.

\`npm ci\` makes \`npx s3xrc\` work in the checkout, \`npm install -g .\` makes \`s3xrc\` work everywhere. The npm scripts
of the same names (\`npm run demo -- --fan-out\`) are aliases.

| exit status | means |
|---:|---|
| 0 | all is well |
| 1 | it ran, and not all is well; or something outside the command line failed |
| 2 | the command line is wrong |
| 130 | Ctrl-C |

Errors are one line, \`error: ...\`, on standard error. Completion: \`source <(s3xrc completion bash)\`, the same for \`zsh\`;
\`s3xrc completion fish > ~/.config/fish/completions/s3xrc.fish\`.
`;

/** The text of docs/commands.md. */
export async function renderReference(commands: readonly CliCommand[], context: CommandContext): Promise<string> {
  const sections: string[] = [INTRODUCTION];
  for (const command of commands) {
    const help = await helpOf(command, [], context);
    sections.push(`## ${command.name}\n`, `${command.summary}.\n`, block(help));
    for (const name of readHelp(help).subcommands) {
      sections.push(`### ${command.name} ${name}\n`, block(await helpOf(command, [name], context)));
    }
    sections.push('Examples:\n', block(command.examples.map((example) => `${context.program} ${example}`).join('\n')));
  }
  return `${sections.join('\n').trimEnd()}\n`;
}

function block(text: string): string {
  return `\`\`\`\n${text.trimEnd()}\n\`\`\`\n`;
}
