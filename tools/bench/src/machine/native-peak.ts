// The peak as native code reaches it: a small C program, compiled with the compiler that is there.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import type { Peak, PeakRate } from "./peak.ts";

const run = promisify(execFile);

/** The same from `src` and from `dist`. */
const source = fileURLToPath(new URL("../../native/peak.c", import.meta.url));
const flags = ["-O3", "-march=native", "-ffp-contract=fast", "-pthread"];
const knownCompilers = ["cc", "gcc", "clang"];

const pair = z.tuple([z.number().positive(), z.number().positive()]);
const outputSchema = z.object({ "128": pair }).catchall(pair);

/** `undefined` where no compiler makes a program of it that runs. */
export async function nativePeak(
  threads: number,
  compilers: readonly string[] = knownCompilers,
): Promise<Peak | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "tandem-peak-"));
  const program = join(folder, "peak");
  try {
    for (const compiler of compilers) {
      const output = await compileAndRun(compiler, program, threads).catch(() => undefined);
      if (output === undefined) continue;
      const { "128": narrow, ...wider } = outputSchema.parse(JSON.parse(output));
      const byBits = Object.fromEntries(Object.entries(wider).map(([bits, rates]) => [bits, rateOf(rates)]));
      return {
        source: `${compiler} ${flags.join(" ")}`,
        threads,
        byBits: { ...byBits, "128": rateOf(narrow) },
      };
    }
    return undefined;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compileAndRun(compiler: string, program: string, threads: number): Promise<string> {
  await run(compiler, [...flags, source, "-o", program]);
  const { stdout } = await run(program, [`${threads}`]);
  return stdout;
}

function rateOf([oneThread, allThreads]: readonly [number, number]): PeakRate {
  return { oneThread, allThreads };
}
