// Operands as a shader computes with them: floats in f32 whatever is stored, alone or four at a time.
import { type ArrayType, type DType, elementCount, isFloat, operand } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import type { StepShape } from "../kernel.ts";
import type { Chunk } from "./chunks.ts";
import type { Storage } from "./dispatch.ts";
import { enables } from "./enables.ts";
import { storageElement, storageVector } from "./scalar.ts";
import { type DeclaredStorage, declareStorage, type StorageElement } from "./storage.ts";

/** Elements of the last axis that an invocation computes at once. */
export type Width = 1 | 4;

/** Four where rows of `extent` elements can be cut so. */
export function widthOf(extent: number): Width {
  return extent % 4 === 0 ? 4 : 1;
}

/** The WGSL type of `width` f32, and of as many truth values. */
export const floatType: Readonly<Record<Width, string>> = { 1: "f32", 4: "vec4f" };
export const boolType: Readonly<Record<Width, string>> = { 1: "bool", 4: "vec4<bool>" };

export interface StepOperand {
  /** An operand `weights` that is read gives `load_weights(index)`, one that is written `store_weights(index, value)`. */
  readonly name: string;
  readonly storage: Exclude<Storage, { kind: "scratch" }>;
}

export const read = (name: string, index: number): StepOperand => ({ name, storage: { kind: "input", index } });
export const written = (name: string): StepOperand => ({ name, storage: { kind: "output", index: 0 } });

/**
 * Declares operands of which a shader sees the items of a chunk. Indices count groups of `width` elements from the chunk's first;
 * operands that are not floats have width 1.
 */
export function declareOperands(
  step: StepShape,
  operands: readonly StepOperand[],
  width: Width,
  chunk: Chunk,
  capabilities: Capabilities,
): DeclaredStorage {
  const typed = operands.map((each) => ({ ...each, type: typeOf(step, each.storage) }));
  const declared = declareStorage(
    step,
    typed.map(({ name, storage, type }) => {
      const perItem = elementCount(type.shape) / chunk.of / (isFloat(type.dtype) ? width : 1);
      const access = storage.kind === "input" ? ("read" as const) : ("write" as const);
      const [first, count] = [chunk.first * perItem, chunk.count * perItem];
      return { name, storage, access, element: storedElement(type.dtype, width), first, count };
    }),
    capabilities,
  );
  const accessors = typed.map(({ name, storage, type: { dtype } }) =>
    storage.kind === "input" ? loadFunction(name, dtype, width) : storeFunction(name, dtype, width),
  );
  const isHalf = typed.some(({ type }) => type.dtype === "f16");
  return { ...declared, wgsl: [enables({ f16: isHalf }), declared.wgsl, ...accessors].join("\n") };
}

function typeOf(step: StepShape, { kind, index }: StepOperand["storage"]): ArrayType {
  return operand(kind === "input" ? step.inputs : step.outputs, index).type;
}

function storedElement(dtype: DType, width: Width): StorageElement {
  return isFloat(dtype) && width === 4 ? storageVector(dtype) : storageElement(dtype);
}

function loadFunction(name: string, dtype: DType, width: Width): string {
  const type = isFloat(dtype) ? floatType[width] : storedElement(dtype, width);
  return `fn load_${name}(index: u32) -> ${type} { return ${type}(read_${name}(index)); }`;
}

function storeFunction(name: string, dtype: DType, width: Width): string {
  return `fn store_${name}(index: u32, value: ${floatType[width]}) { write_${name}(index, ${storedElement(dtype, width)}(value)); }`;
}
