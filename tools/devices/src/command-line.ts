// The arguments of `pnpm devices`.
import { parseArgs } from "node:util";

export type Command =
  | { readonly kind: "list"; readonly format: "text" | "json" }
  /** Nothing to list: help was asked for (exit code 0), or the arguments were wrong (2). */
  | { readonly kind: "text"; readonly text: string; readonly exitCode: 0 | 2 };

const HELP = `Usage: pnpm devices [--json]

Lists the backends and adapters of this machine, and what would be taken of them.

  --json      as JSON: limits in bytes, names as drivers have them
  -h, --help  this text

TANDEM_BACKEND and TANDEM_DEVICES choose among what is listed; VK_DRIVER_FILES names drivers that the system does not know.`;

export function parseCommand(argv: readonly string[]): Command {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help === true) return { kind: "text", text: HELP, exitCode: 0 };
    return { kind: "list", format: values.json === true ? "json" : "text" };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { kind: "text", text: `error: ${problem}\n(--help lists the options)`, exitCode: 2 };
  }
}
