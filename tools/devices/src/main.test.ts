// The built command, on the drivers that there are and on none.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findAdapters } from "@tandem/backend-webgpu";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

async function run(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<string> {
  const env = { ...process.env, ...variables };
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { env });
  return stdout;
}

test("as JSON it lists what was found, as plain data", async () => {
  const listing = JSON.parse(await run(["--json"], { TANDEM_BACKEND: "", TANDEM_DEVICES: "", TANDEM_THREADS: "" }));
  expect(listing.adapters).toEqual(await findAdapters());
  expect(listing.backends.map(({ name }: { readonly name: string }) => name)).toContain("webgpu");
  expect(listing.auto.kind).toBe("devices");
  expect(listing.environment).toBeUndefined();
});

test("without a driver it says what to install, and succeeds", async () => {
  const text = await run([], { VK_DRIVER_FILES: "/dev/null" });
  expect(text).toContain("no WebGPU adapter was found");
  expect(text).toContain("apt install");
  expect(text).toContain("Where nothing is said\n  wasm:0");
});
