// Which Python has PyTorch: the first of the candidates that can import it.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A virtual environment's Python, the PATH's, and the system's behind it. */
const candidates = ["python3", "python", "/usr/bin/python3", "/usr/local/bin/python3"];

/** `undefined` where none has it. */
export async function pythonWithTorch(
  among: readonly string[] = candidates,
  imports = "torch",
): Promise<string | undefined> {
  for (const python of among) {
    const found = await run(python, ["-c", `import ${imports}`]).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  return undefined;
}
