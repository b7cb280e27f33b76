import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launcherScript } from "./launcher.ts";

const run = promisify(execFile);

/** Written instead of Node: says what it was started with. */
const echoing = `#!/bin/sh\necho "$INIT_CWD: $*"\n`;

let outside = "";
let folder = "";
beforeAll(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), "tandem-launcher-")));
  folder = join(outside, "a folder");
  await mkdir(join(folder, "bin"), { recursive: true });
  await writeFile(join(folder, "tandem"), launcherScript(["doctor", "start"]), { mode: 0o755 });
  await writeFile(join(folder, "bin", "node"), echoing, { mode: 0o755 });
  await symlink("a folder/tandem", join(outside, "relative"));
  await symlink(join(outside, "relative"), join(outside, "absolute"));
});
afterAll(() => rm(outside, { recursive: true }));

describe("./tandem start", () => {
  const ways: readonly (readonly [string, string, string])[] = [
    ["from its folder", "./tandem", "a folder"],
    ["from elsewhere", "a folder/tandem", ""],
    ["through a relative link", "./relative", ""],
    ["through a link to a link", "../absolute", "a folder"],
  ];
  test.each(ways)("%s", async (_, command, from) => {
    const cwd = join(outside, from);
    const { stdout } = await run(command, ["start", "--epochs", "1", "two words"], { cwd, env: {} });
    expect(stdout).toBe(`${cwd}: ${folder}/apps/trainer/dist/main.js --epochs 1 two words\n`);
  });
});

describe("without a program to start", () => {
  test("--help lists them", async () => {
    const { stdout } = await run(join(folder, "tandem"), ["--help"], { env: {} });
    expect(stdout).toContain("usage: ./tandem PROGRAM");
    expect(stdout).toContain("doctor");
    expect(stdout).not.toContain("reproduce");
  });

  test.each([[[]], [["strat"]]])("%j is wrong", async (words) => {
    await expect(run(join(folder, "tandem"), words, { env: {} })).rejects.toMatchObject({
      code: 2,
      stdout: expect.stringContaining("usage:"),
      stderr: words.length === 0 ? "" : 'tandem: there is no "strat"\n',
    });
  });
});
