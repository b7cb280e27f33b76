import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTrainingCheckpoint } from "@tandem/checkpoint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appEntry, repositoryRoot, startOnTerminal } from "./app-process.ts";
import { writeTinyPictures } from "./tiny-pictures.ts";

let folder = "";
let data = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-"));
  data = `fashion-mnist=${join(folder, "pictures")}`;
  await writeTinyPictures(join(folder, "pictures"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The package manager that the repository names, or npx, which fetches it. */
async function pnpmCommand(): Promise<[string, ...string[]]> {
  const { devEngines } = JSON.parse(await readFile(join(repositoryRoot, "package.json"), "utf8"));
  const { version } = devEngines.packageManager;
  const found = spawnSync("pnpm", ["--version"], { cwd: repositoryRoot, encoding: "utf8" });
  return found.stdout?.trim() === version ? ["pnpm"] : ["npx", "--yes", `pnpm@${version}`];
}

const ENDLESS = ["--epochs", "100000", "--batch", "8"];

describe("Ctrl-C in a terminal", () => {
  test.each([
    ["the trainer itself", async () => [process.execPath, appEntry("trainer")], 130],
    ["pnpm", async () => [...(await pnpmCommand()), "--filter", "trainer", "start"], undefined],
    ["npm", async () => ["npm", "start", "--"], undefined],
  ])("stops %s after the step and saves", async (_, command, code) => {
    const [program = "", ...args] = await command();
    const out = await mkdtemp(join(folder, "runs-"));
    const terminal = startOnTerminal(program, [...args, "--data", data, ...ENDLESS, "--out", out]);
    await terminal.shows(/images\/s/);
    terminal.pressControlC();
    await terminal.shows(/Stopping after this step/);
    const { output, code: found } = await terminal.ended;
    const [, step, checkpoint = ""] = /Stopped after step (\d+); saved to (\S+)/.exec(output) ?? [];
    const { progress } = await readTrainingCheckpoint(checkpoint);
    expect(progress.step).toBe(Number(step));
    expect(checkpoint.startsWith(out)).toBe(true);
    // Package managers have exit codes of their own for a command that was interrupted.
    if (code === undefined) expect(found).not.toBe(0);
    else expect(found).toBe(code);
  });

  test("pressed twice ends the trainer at once", async () => {
    const args = [appEntry("trainer"), "--data", data, "--batch", "16", "--out", folder];
    const terminal = startOnTerminal(process.execPath, args, { TANDEM_BACKEND: "reference" });
    // After the first step's result the second one is under way, and takes seconds on this backend.
    await terminal.shows(/images\/s/);
    terminal.pressControlC();
    await terminal.shows(/Stopping after this step/);
    await new Promise((resolve) => setTimeout(resolve, 400));
    terminal.pressControlC();
    const { code, output } = await terminal.ended;
    expect(code).toBe(130);
    expect(output).not.toContain("Stopped after step");
  });
});
