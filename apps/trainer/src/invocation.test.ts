import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryRoot, runsFolder, wantsPlan } from "./invocation.ts";

describe("runs", () => {
  test("go to the repository, wherever the user stands", () => {
    expect(existsSync(join(repositoryRoot, "pnpm-workspace.yaml"))).toBe(true);
    expect(runsFolder(undefined, { INIT_CWD: "/home/me" })).toBe(join(repositoryRoot, "runs"));
  });

  test.each([
    ["here", "/home/me/here"],
    ["../there", "/home/there"],
    ["/elsewhere", "/elsewhere"],
  ])("asked to go to %s, are looked for from where the user stands", (out, folder) => {
    expect(runsFolder(out, { INIT_CWD: "/home/me" })).toBe(folder);
  });

  test("are relative to the process where no package manager says more", () => {
    expect(runsFolder("here", {})).toBe(join(process.cwd(), "here"));
  });
});

describe("TANDEM_EXPLAIN", () => {
  test.each([
    [undefined, false],
    ["", false],
    ["plan", true],
  ])("%j: %j", (value, wanted) => {
    expect(wantsPlan({ TANDEM_EXPLAIN: value })).toBe(wanted);
  });

  test("with a value it does not know is refused", () => {
    expect(() => wantsPlan({ TANDEM_EXPLAIN: "all" })).toThrow('TANDEM_EXPLAIN: expected plan, found "all"');
  });
});
