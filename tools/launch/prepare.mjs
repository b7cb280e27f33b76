// Brings a clone to the point where it can run: dependencies installed, sources built. Needs Node and npm, nothing else.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./process.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));

// npm and pnpm are command scripts on Windows, which only a shell can start.
const shell = process.platform === "win32";

/** Installs what the lockfile lists, unless it is installed already. Ends the process where that fails. */
export async function install() {
  if (isInstalled()) return;
  console.log("Installing dependencies");
  const [command, ...args] = pnpmCommand();
  await succeed(command, [...args, "install", "--frozen-lockfile"], { cwd: root, shell });
}

/**
 * Builds the library of kernels, and the projects in `folders` (paths from the root; none: everything) with what they refer to.
 * What is up to date is left alone. Ends the process where it fails.
 */
export async function build(folders = []) {
  await succeed(process.execPath, [join(root, "packages", "backend-wasm", "assembly", "build.mjs")], { cwd: root });
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  await succeed(process.execPath, [compiler, "-b", ...folders], { cwd: root });
}

/** pnpm ends an installation by leaving a copy of the lockfile it followed. */
function isInstalled() {
  const copy = join(root, "node_modules", ".pnpm", "lock.yaml");
  return existsSync(copy) && readFileSync(copy).equals(readFileSync(join(root, "pnpm-lock.yaml")));
}

async function succeed(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) process.exit(code);
}

/** The pnpm this repository names: the one on the PATH if it is that version, else fetched by npx. */
function pnpmCommand() {
  const { devEngines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { name, version } = devEngines.packageManager;
  const found = spawnSync(name, ["--version"], {
    cwd: root,
    shell,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return found.status === 0 && found.stdout.trim() === version ? [name] : ["npx", "--yes", `${name}@${version}`];
}
