// Looking for adapters in a process of its own: what is found is what this process would find, and no failure is thrown.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { searchAdapters } from "./search-adapters.ts";
import { searchAdaptersApart } from "./search-apart.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "search-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function entryOf(source: string): Promise<URL> {
  const path = join(folder, `${source.length}.mjs`);
  await writeFile(path, source);
  return pathToFileURL(path);
}

test("finds what a search in this process finds", async () => {
  expect(await searchAdaptersApart()).toEqual(await searchAdapters());
});

test.each([
  { what: "a driver that ends the process", source: "process.kill(process.pid, 'SIGSEGV')", reason: "by SIGSEGV" },
  { what: "a process that ends without a word", source: "process.exit(3)", reason: "with code 3" },
  { what: "a driver that hangs", source: "setInterval(() => undefined, 1000)", reason: "took more than" },
])("$what is no adapters, and a reason", async ({ source, reason }) => {
  const { adapters, searchFailure } = await searchAdaptersApart(await entryOf(source), 5000);
  expect(adapters).toEqual([]);
  expect(searchFailure).toContain(reason);
});
