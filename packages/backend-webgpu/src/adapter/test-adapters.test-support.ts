// The adapters that tests run on. A machine that has none skips those tests and prints why; in CI they fail instead.
import { describe, test } from "vitest";
import { host } from "#host";
import { chooseAdapter } from "./find-adapters.ts";

/** Parts of the names of the software adapters, all of which compute with different compilers. */
const SOFTWARE_ADAPTERS = ["SwiftShader", "llvmpipe"] as const;
export type TestAdapter = (typeof SOFTWARE_ADAPTERS)[number];

const names = await host.adapterNames().catch((error: unknown) => [String(error)]);

/** Those that this machine has. */
export const testAdapters: readonly TestAdapter[] = SOFTWARE_ADAPTERS.filter((adapter) =>
  names?.some((name) => name.includes(adapter)),
);

/** What is on each adapter of this machine. Needs one. */
export function describeOnAdapters(title: string, tests: (adapter: TestAdapter) => void): void {
  if (isThere(title, 1)) describe.each(testAdapters)(`${title}, on %s`, tests);
}

/** What takes two adapters at once. */
export function describeOnTwoAdapters(title: string, tests: (first: TestAdapter, second: TestAdapter) => void): void {
  const [first, second] = testAdapters;
  if (isThere(title, 2) && first !== undefined && second !== undefined) describe(title, () => tests(first, second));
}

function isThere(title: string, count: number): boolean {
  if (testAdapters.length >= count) return true;
  const reason = `${count} software adapter(s) needed, found ${testAdapters.length}: name drivers with VK_DRIVER_FILES`;
  if (process.env.CI !== undefined) {
    test(title, async () => {
      await chooseAdapter();
      throw new Error(reason);
    });
    return false;
  }
  console.warn(`skipped: ${title}: ${reason}`);
  test.skip(`${title} (${reason})`, () => undefined);
  return false;
}
