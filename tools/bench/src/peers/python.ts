// Which Python has PyTorch: the first of the candidates that can import it, or that finds a CUDA device with it.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { UsageError } from "@tandem/core";

const run = promisify(execFile);

/** A virtual environment's Python, the PATH's, and the system's behind it. */
const candidates = ["python3", "python", "/usr/bin/python3", "/usr/local/bin/python3"];

/** Throws UsageError where none has it. */
export async function pythonWithTorch(among: readonly string[] = candidates, imports = "torch"): Promise<string> {
  for (const python of among) {
    if ((await output(python, `import ${imports}`)) !== undefined) return python;
  }
  throw new UsageError(`none of ${among.join(", ")} can import ${imports}`);
}

const ASK_FOR_CUDA = `
import torch
print(torch.cuda.is_available(), torch.__version__, "built for CUDA " + torch.version.cuda if torch.version.cuda else "built without CUDA")
`;

/** Throws UsageError, saying what each PyTorch is, where none finds a CUDA device. */
export async function torchOnCuda(among: readonly string[] = candidates): Promise<string> {
  const found: string[] = [];
  for (const python of among) {
    const [isAvailable, ...build] = (await output(python, ASK_FOR_CUDA))?.trim().split(" ") ?? [];
    if (isAvailable === "True") return python;
    if (isAvailable !== undefined) found.push(`the PyTorch of ${python} (${build.join(" ")}) finds no CUDA device`);
  }
  throw new UsageError(found.length > 0 ? found.join("; ") : `none of ${among.join(", ")} can import torch`);
}

/** `undefined` where it does not run. */
function output(python: string, program: string): Promise<string | undefined> {
  return run(python, ["-c", program]).then(
    ({ stdout }) => stdout,
    () => undefined,
  );
}
