import { BackendError } from "@tandem/core";
import { expect, test } from "vitest";
import { host } from "#host";
import { openLibrary } from "./library.ts";
import { webAssembly } from "./webassembly.ts";

test("strict SIMD is taken where it is asked for", async () => {
  expect((await openLibrary("strict")).simd).toBe("strict");
});

test("what the engine is found to have is compiled once", async () => {
  const [first, second] = await Promise.all([openLibrary("auto"), openLibrary("auto")]);
  expect(second.module).toBe(first.module);
});

test("relaxed SIMD is taken where the engine accepts it", async () => {
  const { simd } = await openLibrary("auto");
  const bytes = await host.readFile(new URL("../dist/wasm/relaxed.wasm", import.meta.url));
  expect(simd).toBe(webAssembly.validate(bytes) ? "relaxed" : "strict");
});

test("a library that was not built is missed with what to do", async () => {
  const missing = host.readFile(new URL("../dist/wasm/none.wasm", import.meta.url));
  await expect(missing).rejects.toThrow(BackendError);
  await expect(missing).rejects.toThrow("pnpm build");
});
