// From arguments to an exit code: what every command of the apps does around its work.
import { TandemError } from "@tandem/core";
import { type CommandDescription, parseOptions } from "./parse-options.ts";

const FAILED = 1;

/** Runs `work` with the checked options. Resolves to its exit code; to 1 if it rejects, 2 if the arguments are wrong. */
export async function runCommand<Options>(
  description: CommandDescription<Options>,
  argv: readonly string[],
  work: (options: Options, operands: readonly string[]) => Promise<number>,
): Promise<number> {
  const command = parseOptions(description, argv);
  if (command.kind === "text") {
    const stream = command.exitCode === 0 ? process.stdout : process.stderr;
    stream.write(`${command.text}\n`);
    return command.exitCode;
  }
  try {
    return await work(command.options, command.operands);
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    return FAILED;
  }
}

/** The message of errors that are meant for users; everything there is to know of the others, which are bugs. */
function describeFailure(error: unknown): string {
  if (error instanceof TandemError || error instanceof RangeError) return `${error.name}: ${error.message}`;
  if (error instanceof Error) return error.stack ?? `${error.name}: ${error.message}`;
  return String(error);
}
