// Records an op in the graph being traced.
import type { Attributes } from "../graph.ts";
import type { Op } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { currentBuilder } from "../trace-context.ts";

/** The single output of an op that has one. */
export function applyOp1<A extends Attributes>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  const [output] = currentBuilder().apply(op, inputs, attributes);
  if (output === undefined) throw new RangeError(`${op.name} has no output`);
  return output;
}
