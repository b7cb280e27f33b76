// Matrix products: blocks of the result, and where those are few, parts of the depth.
import { type ArrayType, elementCount, type MatmulAttributes, matmulSizes, operand } from "@tandem/core";
import {
  areFloats,
  isEpilogueSupported,
  type KernelDefinition,
  type Launch,
  type LaunchArgument,
  type StepShape,
} from "@tandem/wasm-codegen";
import { fusedEpilogue, separateEpilogue } from "./bias-activation.ts";
import { blocksOf, depthOfPart } from "./blocks.ts";
import { partialBytes, partialTarget, sumOfParts } from "./partial-sums.ts";
import { isThinProduct, thinMatmulLaunches } from "./thin-matmul.ts";

/** target[members, rows, columns] = left[members, rows, depth] x right[members, depth, columns], before transpositions. */
export interface Product {
  readonly members: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly leftIsTransposed: boolean;
  readonly rightIsTransposed: boolean;
}

export interface ProductOperands {
  readonly left: LaunchArgument;
  readonly right: LaunchArgument;
  readonly target: LaunchArgument;
  /** The address of a row that is added to every row, or 0. */
  readonly bias?: LaunchArgument;
  readonly rectifies?: boolean;
  /** Whether the product is added to what is in the target. */
  readonly accumulates?: boolean;
  /** The depth that goes into one part; with more than one, the target is [parts, members, rows, columns]. */
  readonly depthInPart?: number;
  /** Distances of the members, in elements; by default there is nothing between them. */
  readonly leftMember?: number;
  readonly rightMember?: number;
  readonly targetMember?: number;
}

export function productLaunch(product: Product, operands: ProductOperands): Launch {
  const { members, rows, columns, depth, leftIsTransposed, rightIsTransposed } = product;
  const { left, right, target, bias, rectifies = false, accumulates = false, depthInPart = depth } = operands;
  const { leftMember = rows * depth, rightMember = depth * columns, targetMember = rows * columns } = operands;
  const { rowsInBlock, columnsInBlock, count } = blocksOf(rows, columns, members);
  const parts = partsOf(depth, depthInPart);
  const words = [
    ...[rows, columns, depth, Number(leftIsTransposed), Number(rightIsTransposed), rowsInBlock, columnsInBlock],
    ...[depthInPart, parts, members, Number(rectifies), Number(accumulates)],
    ...[leftMember, rightMember, targetMember],
  ];
  return {
    function: { kind: "library", name: "matmulBlock" },
    arguments: [{ kind: "threadWorkspace", words }, left, right, target, bias ?? { kind: "integer", value: 0 }],
    tiles: count * parts,
  };
}

function partsOf(depth: number, depthInPart: number): number {
  return Math.max(1, Math.ceil(depth / depthInPart));
}

function productOf({ inputs, attributes }: Pick<StepShape, "inputs" | "attributes">): Product {
  const settings = attributes as MatmulAttributes;
  const { batch, m, k, n } = matmulSizes(operand(inputs, 0).type, operand(inputs, 1).type, settings);
  return {
    ...{ members: elementCount(batch), rows: m, columns: n, depth: k },
    ...{ leftIsTransposed: settings.transposeA, rightIsTransposed: settings.transposeB },
  };
}

function depthInPartOf({ rows, columns, members, depth }: Product): number {
  return depthOfPart(depth, blocksOf(rows, columns, members).count);
}

export const matmulKernel: KernelDefinition = {
  supports(inputs: readonly ArrayType[], outputs, attributes) {
    const { epilogue } = attributes as MatmulAttributes;
    return areFloats(inputs.slice(0, 2)) && isEpilogueSupported(epilogue, [...inputs.slice(2), ...outputs]);
  },
  scratchBytes(step) {
    if (isThinProduct(step)) return 0;
    const product = productOf(step);
    const parts = partsOf(product.depth, depthInPartOf(product));
    return partialBytes(parts, product.members * product.rows * product.columns);
  },
  launches(step, target) {
    const thin = thinMatmulLaunches(step, target);
    if (thin !== undefined) return thin;
    const { epilogue } = step.attributes as MatmulAttributes;
    const product = productOf(step);
    const count = product.members * product.rows * product.columns;
    if (count === 0) return [];
    const depthInPart = depthInPartOf(product);
    const parts = partsOf(product.depth, depthInPart);
    // Parts have to be added up before anything else happens to them.
    const { bias, rectifies, afterwards } =
      parts > 1 ? separateEpilogue(step, epilogue, target) : fusedEpilogue(step, epilogue, product.columns, target);
    const operands: ProductOperands = {
      left: { kind: "input", index: 0, byteOffset: 0 },
      right: { kind: "input", index: 1, byteOffset: 0 },
      ...{ target: partialTarget(parts), bias, rectifies, depthInPart },
    };
    return [productLaunch(product, operands), ...sumOfParts(parts, count), ...afterwards];
  },
};
