// node tools/launch/test.mjs [vitest's arguments]: installs and builds everything, then runs the tests.
// Worker threads load built files, so the build comes first although the tests themselves read the sources.
import "./node-version.mjs";
import { join } from "node:path";
import { build, install, root } from "./prepare.mjs";
import { run } from "./process.mjs";

await install();
await build();
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
process.exitCode = await run(process.execPath, [vitest, "run", ...process.argv.slice(2)], { cwd: root });
