// A kernel that works a chunk of its items (pictures, rows) at a time, so that operands of any size can be bound.
import { type ArrayType, elementCount, isFloat } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import { areStorable, type KernelDefinition, type StepShape } from "../kernel.ts";
import { type Chunk, chunksOf } from "../shader/chunks.ts";
import type { Dispatch } from "../shader/dispatch.ts";

export interface ChunkedKernel {
  /** Inputs that are not floats. */
  readonly integers?: readonly number[];
  /** How many items each operand is made of, given the types of inputs and outputs, none of them empty. */
  items(types: readonly ArrayType[]): number;
  /** Computes what belongs to the items of a chunk. */
  dispatch(step: StepShape, chunk: Chunk, capabilities: Capabilities): Dispatch;
}

export function chunkedKernel({ integers = [], items, dispatch }: ChunkedKernel): KernelDefinition {
  const isEmpty = (types: readonly ArrayType[]): boolean => types.some(({ shape }) => elementCount(shape) === 0);
  return {
    supports({ inputs, outputs }, capabilities) {
      const types = [...inputs, ...outputs];
      const areExpected = types.every(({ dtype }, index) => integers.includes(index) || isFloat(dtype));
      if (!areExpected || !areStorable(types, capabilities)) return false;
      return isEmpty(types) || chunksOf(items(types), types, capabilities).length > 0;
    },
    dispatches(step, capabilities) {
      const types = [...step.inputs, ...step.outputs].map(({ type }) => type);
      if (isEmpty(types)) return [];
      return chunksOf(items(types), types, capabilities).map((chunk) => dispatch(step, chunk, capabilities));
    },
  };
}
