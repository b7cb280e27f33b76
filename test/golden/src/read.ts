// Reads the golden files: tensors described in X.json and stored in X.bin.
import { readFileSync } from "node:fs";
import { type HostTensor, hostTensor } from "@tandem/core";
import type { GoldenAttributes } from "./ops.ts";

interface StoredTensor {
  readonly dtype: "float32" | "int64" | "bool";
  readonly shape: readonly number[];
  readonly offset: number;
  readonly nbytes: number;
}

interface StoredCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: GoldenAttributes;
  readonly inputs: readonly StoredTensor[];
  readonly outputs: readonly StoredTensor[];
  readonly grad_outputs: readonly StoredTensor[];
  readonly grad_inputs: readonly (StoredTensor | null)[];
}

export interface GoldenCase {
  readonly name: string;
  readonly op: string;
  readonly attributes: GoldenAttributes;
  readonly inputs: readonly HostTensor[];
  readonly output: HostTensor;
  readonly cotangent: HostTensor;
  /** Of each input; `undefined` for inputs without one. */
  readonly gradients: readonly (HostTensor | undefined)[];
}

function path(file: string): URL {
  return new URL(`../data/${file}`, import.meta.url);
}

function readDescription(name: string): unknown {
  return JSON.parse(readFileSync(path(`${name}.json`), "utf8"));
}

/** A copy, since the file need not be aligned in memory; labels (int64) and masks (bool) become i32 and bool. */
function tensorReader(name: string): (stored: StoredTensor) => HostTensor {
  const file = readFileSync(path(`${name}.bin`));
  return ({ dtype, shape, offset, nbytes }) => {
    const { buffer } = Uint8Array.from(file.subarray(offset, offset + nbytes));
    switch (dtype) {
      case "float32":
        return hostTensor("f32", shape, new Float32Array(buffer));
      case "int64":
        return hostTensor("i32", shape, Array.from(new BigInt64Array(buffer), Number));
      case "bool":
        return hostTensor("bool", shape, Array.from(new Uint8Array(buffer)));
    }
  };
}

function only<T>(list: readonly T[]): T {
  const [first, ...rest] = list;
  if (first === undefined || rest.length > 0) throw new RangeError(`expected one element, found ${list.length}`);
  return first;
}

export function readOpCases(): readonly GoldenCase[] {
  const { cases } = readDescription("ops") as { readonly cases: readonly StoredCase[] };
  const tensor = tensorReader("ops");
  return cases.map((stored) => ({
    name: stored.name,
    op: stored.op,
    attributes: stored.attrs,
    inputs: stored.inputs.map(tensor),
    output: tensor(only(stored.outputs)),
    cotangent: tensor(only(stored.grad_outputs)),
    gradients: stored.grad_inputs.map((gradient) => (gradient === null ? undefined : tensor(gradient))),
  }));
}

/** The tensors of `params`, `batches` or `fwdbwd_tower` by name. */
export function readTensors(name: "params" | "batches" | "fwdbwd_tower"): ReadonlyMap<string, HostTensor> {
  const { tensors } = readDescription(name) as {
    readonly tensors: readonly (StoredTensor & { readonly name: string })[];
  };
  const tensor = tensorReader(name);
  return new Map(tensors.map((stored) => [stored.name, tensor(stored)]));
}
