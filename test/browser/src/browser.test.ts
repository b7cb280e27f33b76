// In a page as on Node: training on wasm, with threads and without, and on webgpu; and conformance cases on webgpu.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openReference } from "@tandem/backend-reference";
import { openWasm } from "@tandem/backend-wasm";
import { DeviceGroup, hostTensor } from "@tandem/core";
import { webgpuBackends } from "@tandem/test-conformance/backends";
import { difference } from "@tandem/test-conformance/compare";
import { forward } from "@tandem/test-conformance/run";
import type { Browser, Page as Tab } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openChromium } from "./chromium.ts";
import { subset } from "./conformance-subset.ts";
import type { CaseResults, Page } from "./page/main.ts";
import { serveFolder } from "./serve-folder.ts";
import { train } from "./small-training.ts";

const STEPS = 10;

let folder: string;
let browser: Browser;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-page-"));
  const root = join(import.meta.dirname, "page");
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    worker: { format: "es" },
    build: { outDir: folder, target: "esnext", emptyOutDir: true },
  });
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

/** What `ask` gets from the page; the page must not complain of anything. */
async function inPage<T>(isIsolated: boolean, ask: (tab: Tab) => Promise<T>): Promise<T> {
  await using served = await serveFolder(folder, { isIsolated });
  const tab = await browser.newPage();
  const complaints: string[] = [];
  tab.on("pageerror", (error) => complaints.push(String(error)));
  await tab.goto(served.url);
  const found = await ask(tab);
  await tab.close();
  expect(complaints).toEqual([]);
  return found;
}

describe("training on wasm", () => {
  test.each([
    { isIsolated: true, threads: 3, where: "on threads where the page is cross-origin isolated" },
    { isIsolated: false, threads: 1, where: "on one thread where it is not" },
  ])("$where, is what it is on Node, bit for bit", async ({ isIsolated, threads }) => {
    const found = await inPage(isIsolated, (tab) =>
      tab.evaluate((steps) => (Reflect.get(globalThis, "page") as Page).trainOnWasm(3, steps), STEPS),
    );
    expect(found).toMatchObject({ isIsolated, threads });
    const losses = await train(await openWasm({ threads: 2 }), STEPS);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    expect(found.losses).toEqual(losses);
  });
});

describe("webgpu", () => {
  test.each(webgpuBackends.slice(0, 1))("trains as on Node, there $name", async ({ open }) => {
    const found = await inPage(true, (tab) =>
      tab.evaluate((steps) => (Reflect.get(globalThis, "page") as Page).trainOnWebgpu(steps), STEPS),
    );
    const losses = await train(await open({ count: 1 }), STEPS);
    expect(found).toHaveLength(STEPS);
    for (const [step, loss] of losses.entries()) {
      expect(Math.abs((found[step] ?? Number.NaN) - loss), `step ${step}`).toBeLessThanOrEqual(1e-5 * loss);
    }
  });

  describe("computes conformance cases", () => {
    let found: readonly CaseResults[];
    let truth: DeviceGroup;
    beforeAll(async () => {
      truth = new DeviceGroup(await openReference({ count: 2 }));
      found = await inPage(true, (tab) => tab.evaluate(() => (Reflect.get(globalThis, "page") as Page).runCases()));
    });
    afterAll(() => truth[Symbol.asyncDispose]());

    test.each(subset)("$name", async (testCase) => {
      const results = found.find(({ name }) => name === testCase.name)?.results ?? {};
      const expected = await forward(truth, testCase, testCase.truth === "double" ? "f64" : "f32");
      for (const [name, want] of Object.entries(expected)) {
        const dtype = want.dtype === "f64" ? "f32" : want.dtype;
        const have = hostTensor(dtype, want.shape, results[name] ?? []);
        expect(difference(have, want), name).toBeLessThanOrEqual(testCase.tolerance);
      }
    });
  });
});
