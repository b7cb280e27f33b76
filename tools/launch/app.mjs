// node tools/launch/app.mjs FOLDER [arguments]: installs and builds what the app in FOLDER needs, then hands it the terminal.
import "./node-version.mjs";
import { join } from "node:path";
import { build, install, root } from "./prepare.mjs";
import { run } from "./process.mjs";

const [folder, ...rest] = process.argv.slice(2);
// pnpm passes on the "--" that npm swallows.
const args = rest[0] === "--" ? rest.slice(1) : rest;

await install();
await build([folder]);
process.exitCode = await run(process.execPath, [join(root, folder, "dist", "main.js"), ...args], {
  cwd: root,
  // Relative paths among the arguments mean the folder where the user stands.
  env: { ...process.env, INIT_CWD: process.env.INIT_CWD ?? process.cwd() },
});
