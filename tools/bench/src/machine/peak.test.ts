import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeMachine } from "./machine.ts";
import { nativePeak } from "./native-peak.ts";
import { measurePeak, widestRate } from "./peak.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-bench-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A compiler whose program prints this, whatever it is given to compile. */
async function compilerOf(output: string): Promise<string> {
  const program = `#!${process.execPath}\nconsole.log(${JSON.stringify(output)});\n`;
  const compiler = `#!${process.execPath}
    require("node:fs").writeFileSync(process.argv.at(-1), ${JSON.stringify(program)}, { mode: 0o755 });\n`;
  const path = join(folder, "cc");
  await writeFile(path, compiler, { mode: 0o755 });
  return path;
}

describe("the native peak", () => {
  test("is what the compiled program prints", async () => {
    const compiler = await compilerOf('{"128": [50, 100], "512": [200, 390]}');
    const peak = await nativePeak(2, ["/no/such/compiler", compiler]);
    expect(peak).toMatchObject({
      threads: 2,
      byBits: { "128": { oneThread: 50, allThreads: 100 }, "512": { oneThread: 200, allThreads: 390 } },
    });
    expect(peak && widestRate(peak)).toBe(390);
  });

  test("is unknown without a compiler, and with one that does not work", async () => {
    expect(await nativePeak(2, ["/no/such/compiler", "false"])).toBeUndefined();
  });
});

test("without a compiler the peak is measured in WebAssembly", async () => {
  const { source, byBits } = await measurePeak(2, []);
  expect(source).toContain("WebAssembly");
  expect(byBits["128"].oneThread).toBeGreaterThan(0);
  expect(byBits["128"].allThreads).toBeGreaterThan(0);
});

test("the machine comes with the variables that change what libraries do, and no others", async () => {
  const machine = await describeMachine(1, { OPENBLAS_CORETYPE: "Haswell", TANDEM_WASM: "strict", HOME: "/home/me" });
  expect(machine.environment).toEqual({ OPENBLAS_CORETYPE: "Haswell", TANDEM_WASM: "strict" });
  expect(machine.cores).toBeGreaterThan(0);
  expect(machine.peak.byBits["128"].allThreads).toBeGreaterThan(0);
});
