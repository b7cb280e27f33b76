// From arguments to checked options, or to the text that says what is wrong with them.
import { Command, CommanderError, Option } from "commander";
import type { z } from "zod";

export type ParsedCommand<Options> =
  | { readonly kind: "run"; readonly options: Options; readonly operands: readonly string[] }
  /** Nothing to run: help was asked for (exit code 0), or the arguments were wrong (2). */
  | { readonly kind: "text"; readonly text: string; readonly exitCode: 0 | 2 };

export interface CommandDescription<Options> {
  /** As the user starts it. */
  readonly usage: string;
  readonly about: string;
  /** Operands before or between the options, as commander writes them: `<experiment>`. */
  readonly operands?: readonly { readonly name: string; readonly about: string }[];
  /** What each option takes, such as `<count>`, and what it is for; the key is its name in camel case. */
  readonly flags: { readonly [name in keyof Options & string]: OptionDescription };
  readonly schema: z.ZodType<Options>;
  readonly examples: readonly string[];
  /** Printed below the options. */
  readonly notes?: readonly string[];
}

interface OptionDescription {
  readonly argument: string;
  readonly about: string;
}

const USAGE_ERROR = 2;

export function parseOptions<Options>(
  description: CommandDescription<Options>,
  argv: readonly string[],
): ParsedCommand<Options> {
  const { command, printed } = buildCommand(description);
  try {
    command.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: "text", text: printed.join("").trimEnd(), exitCode: error.exitCode === 0 ? 0 : USAGE_ERROR };
  }
  const checked = description.schema.safeParse(command.opts());
  if (checked.success) return { kind: "run", options: checked.data, operands: command.args };
  const problems = checked.error.issues.map(({ path, message }) => `error: --${kebabCase(path.join("."))}: ${message}`);
  return { kind: "text", text: [...problems, HELP_HINT].join("\n"), exitCode: USAGE_ERROR };
}

const HELP_HINT = "(--help lists the options)";

function buildCommand<Options>(description: CommandDescription<Options>): { command: Command; printed: string[] } {
  const printed: string[] = [];
  const write = (text: string): void => {
    printed.push(text);
  };
  const command = new Command(description.usage)
    .description(description.about)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write })
    .showHelpAfterError(HELP_HINT)
    .addHelpText("after", sections({ Notes: description.notes ?? [], Examples: description.examples }));
  for (const { name, about } of description.operands ?? []) command.argument(name, about);
  for (const [name, { argument, about }] of Object.entries<OptionDescription>(description.flags)) {
    command.addOption(new Option(`--${kebabCase(name)} ${argument}`, about));
  }
  return { command, printed };
}

function sections(linesByHeading: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(linesByHeading)
    .filter(([, lines]) => lines.length > 0)
    .map(([heading, lines]) => ["", `${heading}:`, ...lines.map((line) => `  ${line}`)].join("\n"))
    .join("\n");
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
