// A progress bar on a terminal, lines elsewhere.
import { barReporter } from "./bar-reporter.ts";
import { plainReporter } from "./plain-reporter.ts";
import type { DisposableReporter } from "./training-events.ts";

export function terminalReporter(stream: NodeJS.WriteStream): DisposableReporter {
  if (stream.isTTY) return barReporter(stream);
  const report = plainReporter({ write: (line) => stream.write(`${line}\n`) });
  return { report, [Symbol.dispose]: () => {} };
}
