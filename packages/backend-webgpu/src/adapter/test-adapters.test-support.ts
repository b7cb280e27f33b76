// Tests on the software adapters of this machine. Where one is missing they skip, after the reason was printed; in CI they fail.
import { type SoftwareAdapter, testedAdapters } from "@tandem/test-adapters";
import { describe, test } from "vitest";
import { host } from "#host";

async function adapterNames(): Promise<readonly string[]> {
  try {
    return (await host.adapterNames()) ?? [];
  } catch (error) {
    console.warn(error);
    return [];
  }
}

/** Those that this machine has. */
export const testAdapters: readonly SoftwareAdapter[] = testedAdapters(await adapterNames());

/** What is on each adapter of this machine. */
export function describeOnAdapters(title: string, tests: (adapter: SoftwareAdapter) => void): void {
  if (testAdapters.length > 0) describe.each(testAdapters)(`${title}, on %s`, tests);
  else skip(title, "needs a software adapter");
}

/** What takes two adapters at once. */
export function describeOnTwoAdapters(
  title: string,
  tests: (first: SoftwareAdapter, second: SoftwareAdapter) => void,
): void {
  const [first, second] = testAdapters;
  if (first !== undefined && second !== undefined) describe(title, () => tests(first, second));
  else skip(title, "needs two software adapters");
}

interface AdapterTests {
  readonly describe: ReturnType<typeof describe.runIf>;
  readonly test: ReturnType<typeof test.runIf>;
}

/** `describe` and `test` for what needs this adapter. */
export function on(adapter: SoftwareAdapter): AdapterTests {
  const isThere = testAdapters.includes(adapter);
  return { describe: describe.runIf(isThere), test: test.runIf(isThere) };
}

function skip(title: string, reason: string): void {
  test.skip(`${title} (${reason}: VK_DRIVER_FILES names its driver)`, () => undefined);
}
