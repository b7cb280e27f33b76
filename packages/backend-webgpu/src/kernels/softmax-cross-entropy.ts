// Softmax cross-entropy of rows of logits, and its gradient. A label out of range is no class. Rows that hold NaN give NaN.
import { elementCount, extent, operand } from "@tandem/core";
import type { KernelDefinition } from "../kernel.ts";
import { declareOperands, read, type StepOperand, written } from "../shader/operands.ts";
import { rowDispatch } from "../shader/row-dispatch.ts";
import { scalarFunctionDefinitions } from "../shader/scalar-functions.ts";
import { chunkedKernel } from "./chunked-kernel.ts";

interface RowShader {
  readonly operands: readonly StepOperand[];
  /** Statements that write what becomes of a row. */
  readonly result: (classes: number, lanes: number) => string;
}

function rowKernel({ operands, result }: RowShader): KernelDefinition {
  return chunkedKernel({
    integers: [1],
    items: (types) => elementCount(operand(types, 1).shape),
    dispatch(step, chunk, capabilities) {
      const { shape } = operand(step.inputs, 0).type;
      const classes = extent(shape, shape.length - 1);
      const declared = declareOperands(step, operands, 1, chunk, capabilities);
      const { functions, opening, workgroups, lanes } = rowDispatch(chunk.count, classes, capabilities);
      const scalars = scalarFunctionDefinitions(["isNan", "exponential", "logarithm", "largerOf"]);
      const body = `${rowStatistics(classes, lanes)}\n${result(classes, lanes)}`;
      const wgsl = [declared.wgsl, scalars, functions, opening, body, "}"].join("\n");
      return { wgsl, bindings: declared.bindings, workgroups };
    },
  });
}

/**
 * Statements that define `start`, the row's first logit, `largest`, its largest one, `sum`, of the exponentials of all logits'
 * distances to it, and `label`.
 */
function rowStatistics(classes: number, lanes: number): string {
  const along = (statement: string): string =>
    `  for (var index = first; index < ${classes}u; index += ${lanes}u) { ${statement} }`;
  return `  let start = row * ${classes}u;
  var ownLargest = load_logits(start + min(first, ${classes - 1}u));
${along("ownLargest = largerOf(ownLargest, load_logits(start + index));")}
  let largest = rowMaximum(lane, ownLargest);
  var ownSum = 0.0;
${along("ownSum += exponential(load_logits(start + index) - largest);")}
  let sum = rowSum(lane, ownSum);
  let label = load_labels(row);`;
}

export const softmaxCrossEntropyKernel: KernelDefinition = rowKernel({
  operands: [read("logits", 0), read("labels", 1), written("loss")],
  result: (classes) => `  if (first != 0u) { return; }
  var chosen = 0.0;
  if (label >= 0 && label < ${classes}) { chosen = load_logits(start + u32(label)); }
  let loss = (largest - chosen) + logarithm(sum);
  store_loss(row, select(loss, sum, isNan(sum)));`,
});

export const softmaxCrossEntropyGradientKernel: KernelDefinition = rowKernel({
  operands: [read("logits", 0), read("labels", 1), read("cotangent", 2), written("gradient")],
  result: (classes, lanes) => `  let cotangent = load_cotangent(row);
  for (var index = first; index < ${classes}u; index += ${lanes}u) {
    let probability = exponential(load_logits(start + index) - largest) / sum;
    let wanted = select(0.0, 1.0, i32(index) == label);
    store_gradient(start + index, (probability - wanted) * cotangent);
  }`,
});
