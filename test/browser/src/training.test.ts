import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openChromium } from "./chromium.ts";
import type { PageResult } from "./page/main.ts";
import { serveFolder } from "./serve-folder.ts";
import { trainTwoSteps } from "./two-steps.ts";

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

async function trainInPage(isIsolated: boolean): Promise<PageResult> {
  await using served = await serveFolder(folder, { isIsolated });
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(served.url);
  const found = await page.evaluate(() => Reflect.get(globalThis, "result") as Promise<PageResult>);
  await page.close();
  expect(complaints).toEqual([]);
  return found;
}

test.each([
  { isIsolated: true, threads: 3, where: "on threads where the page is cross-origin isolated" },
  { isIsolated: false, threads: 1, where: "on one thread where it is not" },
])("a page trains $where, as Node does", async ({ isIsolated, threads }) => {
  const found = await trainInPage(isIsolated);
  expect(found).toMatchObject({ isIsolated, training: { threads } });
  const { losses } = await trainTwoSteps(2);
  expect(losses[1]).toBeLessThan(losses[0] ?? 0);
  expect(found.training.losses).toEqual(losses);
});
