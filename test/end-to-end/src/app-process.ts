// The apps as users start them: built, in a process of their own, with pipes or on a terminal.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { spawn } from "@lydell/node-pty";

export const repositoryRoot: string = fileURLToPath(new URL("../../..", import.meta.url));

export interface Finished {
  readonly code: number;
  readonly output: string;
}

export type AppEnvironment = Readonly<Record<string, string>>;

/** Runs a built app with pipes; resolves when it ends, with all it wrote. */
export function runApp(
  app: "trainer" | "reproduce",
  args: readonly string[],
  environment: AppEnvironment = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const command = [appEntry(app), ...args];
    execFile(process.execPath, command, { env: environmentWith(environment) }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : Number.NaN;
      resolve({ code, output: stdout + stderr });
    });
  });
}

export function appEntry(app: "trainer" | "reproduce"): string {
  return `${repositoryRoot}/apps/${app}/dist/main.js`;
}

export interface Terminal {
  /** Resolves when the output so far matches; rejects, with the output, if the process ends before. */
  shows(pattern: RegExp): Promise<void>;
  pressControlC(): void;
  readonly ended: Promise<Finished>;
}

/** Starts a command on a pseudo-terminal of its own, in the repository's root. */
export function startOnTerminal(command: string, args: readonly string[], environment: AppEnvironment = {}): Terminal {
  const process = spawn(command, [...args], {
    cols: 200,
    rows: 50,
    cwd: repositoryRoot,
    env: environmentWith(environment),
  });
  let output = "";
  const listeners = new Set<() => void>();
  process.onData((data) => {
    output += data;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<Finished>((resolve) => {
    process.onExit(({ exitCode, signal }) => resolve({ code: signal ? 128 + signal : exitCode, output }));
  });
  return {
    ended,
    pressControlC: () => process.write("\u0003"),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(output)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        ended.then(({ code }) => reject(new Error(`ended with ${code} before it showed ${pattern}:\n${output}`)));
      }),
  };
}

/** This process's environment, without what a package manager or another test left in it. */
function environmentWith(changes: AppEnvironment): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(TANDEM_|INIT_CWD$|npm_|VITEST|NODE_OPTIONS$)/.test(name),
  );
  return {
    ...Object.fromEntries(inherited.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    ...changes,
  };
}
