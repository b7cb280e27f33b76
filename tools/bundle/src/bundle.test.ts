// Packs the built repository, unpacks it into an empty folder, and uses it with an empty environment.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUNDLE_FOLDER, bundle } from "./bundle.ts";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** Fast, and smaller than what is allowed all the same. */
const PRESET = 1;
const LONGEST_MILLISECONDS = 600_000;

let outside = "";
let archive = "";
beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), "tandem-bundle-test-"));
  const defaultOut = join(outside, "tandem");
  const say = (line: string): void => console.log(line);
  archive = await bundle({ repository, out: undefined, defaultOut, withVulkan: false, preset: PRESET, say });
  await run("tar", ["xf", archive, "-C", outside]);
}, LONGEST_MILLISECONDS);
afterAll(() => rm(outside, { recursive: true }));

/** Started from outside of its folder, with these variables and no others. */
async function tandem(words: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<string> {
  const assignments = Object.entries(variables).map((pair) => pair.join("="));
  const command = ["-i", ...assignments, `${BUNDLE_FOLDER}/tandem`, ...words];
  return (await run("env", command, { cwd: outside, timeout: LONGEST_MILLISECONDS, maxBuffer: 2 ** 24 })).stdout;
}

describe("the archive", () => {
  test("is compressed by xz and smaller than 60 MB", async () => {
    expect(archive).toMatch(/\.tar\.xz$/);
    expect((await stat(archive)).size).toBeLessThan(60e6);
  });

  test("has Dawn and sharp for one platform, licences, and no sources", async () => {
    const modules = join(outside, BUNDLE_FOLDER, "node_modules");
    expect(await readdir(join(modules, "webgpu", "dist"))).toEqual(["linux-x64"]);
    expect(await readdir(join(modules, "@img"))).toEqual(["colour", "sharp-libvips-linux-x64", "sharp-linux-x64"]);
    expect(await readdir(join(modules, "@tandem", "core"))).toEqual(["dist", "package.json"]);
    expect(await readFile(join(outside, BUNDLE_FOLDER, "bin", "LICENSE"), "utf8")).toContain("Node.js");
    expect(await readdir(join(modules, "webgpu"))).toContain("LICENSE.md");
  });
});

describe("with an empty environment", () => {
  test(
    "doctor finds everything as it was packed, and backends that compute",
    async () => {
      const text = await tandem(["doctor"]);
      expect(text).toMatch(/^ok {5}files: all \d+ as they were packed$/m);
      expect(text).toContain(join(BUNDLE_FOLDER, "bin", "node"));
      for (const backend of ["wasm", "tfjs", "reference"]) expect(text).toContain(`ok     computing on ${backend}`);
    },
    LONGEST_MILLISECONDS,
  );

  test(
    "start trains on wasm",
    async () => {
      await writePictures(join(outside, "pictures"));
      const words =
        "start --data fashion-mnist=pictures --model four-layer-relu --steps 3 --batch 8 --out trained --name x";
      const text = await tandem(words.split(" "), { TANDEM_BACKEND: "wasm" });
      expect(text).toContain("wasm:0");
      expect(await readdir(join(outside, "trained", "x"))).toContain("model.safetensors");
    },
    LONGEST_MILLISECONDS,
  );

  test(
    "bench measures on wasm, and names the peers that are not there",
    async () => {
      const words = "bench gemm --backend wasm --model alexnet-mini --batch 1 --rounds 1 --peers ort --json gemm.json";
      await tandem(words.split(" "));
      const { missing, rows } = JSON.parse(await readFile(join(outside, "gemm.json"), "utf8"));
      expect(missing).toMatchObject([{ name: "ort" }]);
      expect(rows).toContainEqual(expect.objectContaining({ name: "square 512", unit: "GFLOP/s" }));
    },
    LONGEST_MILLISECONDS,
  );

  test("reproduce and its options are there", async () => {
    expect(await tandem(["reproduce", "--help"])).toContain("table1");
  });
});

test(
  "with a driver, doctor computes on webgpu",
  async () => {
    const drivers = process.env.VK_DRIVER_FILES;
    // Without a driver there is nothing to compute on, and the doctor has to say what to do about it.
    const text = await tandem(["doctor"], { VK_DRIVER_FILES: drivers ?? "/dev/null" });
    const isSaid = drivers === undefined ? "WebGPU adapter" : "ok     computing on webgpu";
    expect(text).toContain(isSaid);
  },
  LONGEST_MILLISECONDS,
);

/** Grey noise as Fashion-MNIST's files: more than what is held out of them, and few to test with. */
async function writePictures(folder: string): Promise<void> {
  await mkdir(folder);
  for (const [split, count] of Object.entries({ train: 5032, t10k: 10 })) {
    const pixels = Buffer.from(
      Uint8Array.from({ length: count * 28 * 28 }, (_, index) => (index * 31 + (index >> 7)) % 251),
    );
    const labels = Buffer.from(Array.from({ length: count }, (_, index) => index % 10));
    await writeFile(join(folder, `${split}-images-idx3-ubyte`), Buffer.concat([idxHeader([count, 28, 28]), pixels]));
    await writeFile(join(folder, `${split}-labels-idx1-ubyte`), Buffer.concat([idxHeader([count]), labels]));
  }
}

function idxHeader(shape: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x0800 | shape.length, 0);
  for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
  return header;
}
