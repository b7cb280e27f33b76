import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leastCapabilities } from "@tandem/backend-webgpu";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fingerprintOf } from "../archive/archive-entry.ts";
import { checkAdapters, type DriverFacts, type Search } from "./checks/adapters.ts";
import { checkBackend } from "./checks/backends.ts";
import { computeOn } from "./checks/computation.ts";
import { checkFiles } from "./checks/files.ts";
import { checkSystem } from "./checks/system.ts";
import { type Finding, findingText } from "./finding.ts";
import { MANIFEST_FILE } from "./manifest.ts";
import { verdictOf } from "./verdict.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-doctor-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the archive's files", () => {
  const content = "as it was packed";

  beforeAll(async () => {
    const fingerprint = await fingerprintOf({ kind: "text", path: "a", text: content, isExecutable: false });
    await writeFile(join(folder, MANIFEST_FILE), JSON.stringify({ files: { a: fingerprint, "b/c": fingerprint } }));
    await writeFile(join(folder, "a"), content);
  });

  test("that are missing or changed are named", async () => {
    await writeFile(join(folder, "a"), `${content}, and later changed`);
    const { state, text } = await checkFiles(folder);
    expect([state, text]).toEqual(["wrong", "a is not what was packed\nb/c is missing\nunpack the archive again"]);
  });

  test("cannot be trusted without their list", async () => {
    expect(await checkFiles(join(folder, "b"))).toMatchObject({ state: "wrong", subject: "files" });
  });
});

describe("the host", () => {
  const host = { platform: "linux", architecture: "x64", node: "20.20.2", glibc: "2.34" };
  const states = (difference: Partial<typeof host>): readonly string[] =>
    checkSystem({ ...host, ...difference }).map(({ state }) => state);

  test.each([
    ["with what Dawn needs", {}, ["fine", "fine", "fine"]],
    ["with an old glibc", { glibc: "2.31" }, ["fine", "fine", "absent"]],
    ["with a newer glibc", { glibc: "3.0" }, ["fine", "fine", "fine"]],
    ["of another processor", { architecture: "arm64" }, ["wrong", "fine", "fine"]],
  ])("%s", (_, difference, expected) => {
    expect(states(difference)).toEqual(expected);
  });
});

describe("the adapters", () => {
  const facts: DriverFacts = { libraries: ["/usr/lib/libvulkan.so.1"], deviceNodes: [], environment: {} };
  const found = (isSoftware: boolean): Search => ({
    kind: "found",
    adapters: [{ ...leastCapabilities, adapter: "Abacus", driver: "1.0", isSoftware, timestamps: true }],
  });
  const none: Search = { kind: "found", adapters: [] };
  const said = (search: Search, difference: Partial<DriverFacts> = {}): string =>
    checkAdapters(search, { ...facts, ...difference })
      .map(findingText)
      .join("\n");

  test("are listed with what they can do", () => {
    expect(said(found(false))).toBe(
      "ok     libvulkan: /usr/lib/libvulkan.so.1\nok     adapter: Abacus (1.0): timestamps",
    );
  });

  const advice: readonly (readonly [string, Search, Partial<DriverFacts>, string])[] = [
    ["no loader", none, { libraries: [] }, "apt install libvulkan1"],
    ["no GPU", none, {}, "neither /dev/nvidia* nor /dev/dri/renderD* exists"],
    ["an NVIDIA GPU in a container", none, { deviceNodes: ["nvidia0"] }, "NVIDIA_DRIVER_CAPABILITIES=all"],
    ["another GPU", none, { deviceNodes: ["renderD128"] }, "mesa-vulkan-drivers"],
    ["a variable that hides drivers", none, { environment: { VK_DRIVER_FILES: "/x.json" } }, "unset VK_DRIVER_FILES"],
    ["software only", found(true), {}, "all adapters are software"],
    ["a Dawn that does not load", { kind: "failed", message: "it needs glibc 2.34" }, {}, "it needs glibc 2.34"],
  ];
  test.each(advice)("%s: what to do", (_, search, difference, expected) => {
    expect(said(search, difference)).toContain(expected);
    expect(checkAdapters(search, { ...facts, ...difference }).some(({ state }) => state === "absent")).toBe(true);
  });
});

describe("a backend", () => {
  test("that computes is fine", async () => {
    expect(await computeOn("reference")).toEqual({ device: expect.stringContaining("reference:0") });
  });

  test("that does not exist is a problem", async () => {
    expect((await computeOn("abacus")).problem).toContain('"abacus"');
  });

  /** A program that is started in the place of the real one. */
  async function checked(program: string, canBeAbsent = false): Promise<Finding> {
    const path = join(folder, "program.cjs");
    await writeFile(path, program);
    return checkBackend("abacus", canBeAbsent, path);
  }

  test("whose process says that it computed is fine", async () => {
    const finding = await checked(`console.log("driver: hello"); console.log(JSON.stringify({ device: "abacus:0" }))`);
    expect(finding).toEqual({ state: "fine", subject: "computing on abacus", text: "abacus:0" });
  });

  test("whose process crashes is wrong, or absent where others do without it", async () => {
    const crash = `console.error("driver: goodbye"); process.kill(process.pid, "SIGSEGV"); setInterval(() => 0, 1000)`;
    expect(await checked(crash)).toMatchObject({
      state: "wrong",
      text: "its process ended: SIGSEGV\ndriver: goodbye",
    });
    expect(await checked(crash, true)).toMatchObject({ state: "absent" });
  });
});

describe("the verdict", () => {
  const finding = (state: Finding["state"]): Finding => ({ state, subject: "x", text: "y" });
  test.each([
    [["fine", "fine"], 0, "Everything works."],
    [["fine", "absent"], 0, "Works, but for"],
    [["wrong", "absent", "wrong"], 1, "2 things are wrong"],
  ] as const)("of %j ends with %i", (states, exitCode, text) => {
    const verdict = verdictOf(states.map(finding));
    expect(verdict).toEqual({ exitCode, text: expect.stringContaining(text) });
  });
});

test("later lines of a finding stand below its first", () => {
  expect(findingText({ state: "absent", subject: "GPU", text: "one\ntwo" })).toBe("--     GPU: one\n         two");
});
