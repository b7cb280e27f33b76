// `pnpm bundle`: arguments in, an archive for GPU hosts out.
import { join, resolve } from "node:path";
import { repositoryRoot, runCommand, workingFolder } from "trainer";
import { bundle } from "./bundle.ts";
import { type BundleOptions, bundleCommand } from "./command-line.ts";

async function runBundle({ out, ...options }: BundleOptions): Promise<number> {
  await bundle({
    ...options,
    repository: repositoryRoot,
    out: out === undefined ? undefined : resolve(workingFolder(process.env), out),
    defaultOut: join(repositoryRoot, "runs", "tandem-linux-x64"),
    say: (line) => console.log(line),
  });
  return 0;
}

process.exitCode = await runCommand(bundleCommand, process.argv.slice(2), runBundle);
