import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostTensor } from "@tandem/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-"));
});
afterEach(() => rm(folder, { recursive: true }));

const tensors: ReadonlyMap<string, HostTensor> = new Map<string, HostTensor>([
  [
    "weight",
    { dtype: "f32", shape: [2, 3], data: Float32Array.of(1, -2.5, Number.NaN, Number.POSITIVE_INFINITY, 0, 1e-40) },
  ],
  ["exact", { dtype: "f64", shape: [1], data: Float64Array.of(Math.PI) }],
  ["labels", { dtype: "i32", shape: [3], data: Int32Array.of(-1, 0, 2 ** 31 - 1) }],
  ["step", { dtype: "u32", shape: [], data: Uint32Array.of(2 ** 32 - 1) }],
  ["mask", { dtype: "bool", shape: [5], data: Uint32Array.of(1, 0, 1, 1, 0) }],
  ["none", { dtype: "f32", shape: [0, 4], data: new Float32Array(0) }],
]);

describe("safetensors files", () => {
  test("give back every type, shape and bit", async () => {
    const path = join(folder, "model.safetensors");
    await writeSafetensors(path, tensors, { recipe: "paper" });
    const read = await readSafetensors(path);
    expect(read.tensors).toEqual(tensors);
    expect(read.metadata).toEqual({ recipe: "paper" });
    expect(await readdir(folder)).toEqual(["model.safetensors"]);
  });

  test("hold what the specification says, byte by byte", async () => {
    const path = join(folder, "one.safetensors");
    await writeSafetensors(path, new Map([["w", { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) }]]));
    const bytes = await readFile(path);
    const header = '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    expect(bytes.readBigUInt64LE(0)).toBe(56n);
    expect(bytes.toString("utf8", 8, 64)).toBe(header.padEnd(56));
    expect([bytes.readFloatLE(64), bytes.readFloatLE(68), bytes.length]).toEqual([1, 2, 72]);
  });

  test("write a view, not the buffer under it", async () => {
    const path = join(folder, "view.safetensors");
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    await writeSafetensors(path, new Map([["w", { dtype: "f32", shape: [2], data }]]));
    expect((await readSafetensors(path)).tensors.get("w")?.data).toEqual(Float32Array.of(2, 3));
  });

  test("say so when they are truncated, whatever the length", async () => {
    const path = join(folder, "model.safetensors");
    await writeSafetensors(path, tensors);
    const { length } = await readFile(path);
    for (const kept of [length - 1, length - 40, 100, 8, 7, 0]) {
      await truncate(path, kept);
      await expect(readSafetensors(path)).rejects.toThrow(`${path} is not a whole safetensors file`);
    }
  });

  test("say so when they are missing or something else", async () => {
    const path = join(folder, "model.safetensors");
    await expect(readSafetensors(path)).rejects.toThrow(`could not read ${path}: no such file`);
    await writeFile(path, "PK\u0003\u0004 an archive, say, of which nothing is a tensor");
    await expect(readSafetensors(path)).rejects.toThrow("is not a whole safetensors file: its header claims");
  });
});
