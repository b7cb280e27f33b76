// Where a command was started and what its environment says. Only the apps' entries read the process.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root; the same from `src` and from `dist`. */
export const repositoryRoot: string = fileURLToPath(new URL("../../../", import.meta.url));

export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder where the user stands, which package managers leave in INIT_CWD: what relative paths are relative to. */
export function workingFolder(environment: Environment): string {
  return environment.INIT_CWD ?? process.cwd();
}

/** The folder that holds all runs: the one asked for, or `runs` in the repository. */
export function runsFolder(out: string | undefined, environment: Environment): string {
  return out === undefined ? resolve(repositoryRoot, "runs") : resolve(workingFolder(environment), out);
}

/** Whether TANDEM_EXPLAIN asks for every step of a program. Throws RangeError for a value it does not know. */
export function wantsPlan({ TANDEM_EXPLAIN: value }: Environment): boolean {
  if (value === undefined || value === "") return false;
  if (value === "plan") return true;
  throw new RangeError(`TANDEM_EXPLAIN: expected plan, found "${value}"`);
}
