// Matrix products: blocks of the result, and where those are few, parts of the depth.
import { type ArrayType, elementCount, type MatmulAttributes, matmulSizes, operand } from "@tandem/core";
import { areFloats, isEpilogueSupported, type KernelDefinition, type StepShape } from "@tandem/wasm-codegen";
import { fusedEpilogue, separateEpilogue } from "./bias-activation.ts";
import { blocksOf, depthOfPart } from "./blocks.ts";
import { partialBytes, partialTarget, sumOfParts } from "./partial-sums.ts";
import { isThinProduct, thinMatmulLaunches } from "./thin-matmul.ts";

interface Product {
  readonly members: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly rowsInBlock: number;
  readonly columnsInBlock: number;
  readonly depthInPart: number;
  readonly parts: number;
  readonly tiles: number;
}

function productOf({ inputs, attributes }: Pick<StepShape, "inputs" | "attributes">): Product {
  const [a, b] = [operand(inputs, 0).type, operand(inputs, 1).type];
  const { batch, m: rows, k: depth, n: columns } = matmulSizes(a, b, attributes as MatmulAttributes);
  const members = elementCount(batch);
  const { count, ...blocks } = blocksOf(rows, columns, members);
  const depthInPart = depthOfPart(depth, count);
  const parts = Math.max(1, Math.ceil(depth / depthInPart));
  return { members, rows, columns, depth, ...blocks, depthInPart, parts, tiles: count * parts };
}

export const matmulKernel: KernelDefinition = {
  supports(inputs: readonly ArrayType[], outputs, attributes) {
    const { epilogue } = attributes as MatmulAttributes;
    return areFloats(inputs.slice(0, 2)) && isEpilogueSupported(epilogue, [...inputs.slice(2), ...outputs]);
  },
  scratchBytes(step) {
    if (isThinProduct(step)) return 0;
    const { parts, members, rows, columns } = productOf(step);
    return partialBytes(parts, members * rows * columns);
  },
  launches(step, target) {
    const thin = thinMatmulLaunches(step, target);
    if (thin !== undefined) return thin;
    const { transposeA, transposeB, epilogue } = step.attributes as MatmulAttributes;
    const product = productOf(step);
    const { members, rows, columns, depth, rowsInBlock, columnsInBlock, depthInPart, parts, tiles } = product;
    const count = members * rows * columns;
    if (count === 0) return [];
    // Parts have to be added up before anything else happens to them.
    const { bias, rectifies, afterwards } =
      parts > 1 ? separateEpilogue(step, epilogue, target) : fusedEpilogue(step, epilogue, columns, target);
    const words = [
      ...[rows, columns, depth, Number(transposeA), Number(transposeB), rowsInBlock, columnsInBlock],
      ...[depthInPart, parts, members, Number(rectifies)],
    ];
    return [
      {
        function: { kind: "library", name: "matmulBlock" },
        arguments: [
          { kind: "threadWorkspace", words },
          { kind: "input", index: 0, byteOffset: 0 },
          { kind: "input", index: 1, byteOffset: 0 },
          partialTarget(parts),
          bias,
        ],
        tiles,
      },
      ...sumOfParts(parts, count),
      ...afterwards,
    ];
  },
};
