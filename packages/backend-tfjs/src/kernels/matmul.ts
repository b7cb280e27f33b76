// Matrix products by tfjs's _FusedMatMul, which is fast for row-major operands only and packs its right one: transposed operands
// are copied, and where the left operand is the smaller one, the product is computed as the transpose of the transposed product.
import { elementCount, type MatmulAttributes, matmulSizes, operand, type Shape } from "@tandem/core";
import {
  areFloats,
  compileStridedCopy,
  epilogueLaunches,
  isEpilogueSupported,
  type StepShape,
} from "@tandem/wasm-codegen";
import type { CompiledFunction, Machine } from "../machine.ts";
import type { KernelDefinition } from "./kernel.ts";
import { preparedLaunches } from "./launches.ts";

/** Measured nanoseconds an element for packing and for a transposed copy. */
const PACKING = 5;
const COPYING = 1.2;

interface MatrixProduct {
  readonly batch: Shape;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** Copies that are made: of either operand, transposed, and of the product. */
  readonly copiesA: boolean;
  readonly copiesB: boolean;
  /** Computes (b^T a^T)^T, which packs a instead of b. */
  readonly isSwapped: boolean;
}

function matrixProduct({ inputs, attributes }: Pick<StepShape, "inputs" | "attributes">): MatrixProduct {
  const settings = attributes as MatmulAttributes;
  const { transposeA, transposeB } = settings;
  const sizes = matmulSizes(operand(inputs, 0).type, operand(inputs, 1).type, settings);
  const { m, k, n } = sizes;
  const cost = (copiesA: boolean, copiesB: boolean, packed: number, product: number): number =>
    (copiesA ? m * k * COPYING : 0) + (copiesB ? k * n * COPYING : 0) + packed * PACKING + product * COPYING;
  const direct = cost(transposeA, transposeB, k * n, 0);
  const swapped = cost(!transposeA, !transposeB, m * k, m * n);
  const isSwapped = swapped < direct;
  return { ...sizes, copiesA: transposeA !== isSwapped, copiesB: transposeB !== isSwapped, isSwapped };
}

/** Elements of the copies of a, of b and of the product, 0 for those that are not made. */
function workspaceOf({ m, k, n, copiesA, copiesB, isSwapped }: MatrixProduct): readonly [number, number, number] {
  return [copiesA ? m * k : 0, copiesB ? k * n : 0, isSwapped ? m * n : 0];
}

/** Copies a [rows, columns] matrix to [columns, rows]. */
function preparedTranspose(machine: Machine, [rows, columns]: readonly [number, number]): CompiledFunction {
  return machine.compiled(compileStridedCopy([columns, rows], [1, columns], [rows, 1], machine.target));
}

export const matmulKernel: KernelDefinition = {
  supports(inputs, outputs, attributes) {
    const { epilogue } = attributes as MatmulAttributes;
    return areFloats(inputs.slice(0, 2)) && isEpilogueSupported(epilogue, [...inputs.slice(2), ...outputs]);
  },
  scratchBytes(step) {
    const product = matrixProduct(step);
    const [copyA, copyB, copyProduct] = workspaceOf(product);
    const columns = product.isSwapped ? product.m : product.n;
    const packed = (product.k + 1) * (columns + 8);
    return 4 * (copyA + copyB + copyProduct + packed);
  },
  prepare(step, machine) {
    const product = matrixProduct(step);
    const { batch, m, k, n, copiesA, copiesB, isSwapped } = product;
    const { transposeA, transposeB, epilogue } = step.attributes as MatmulAttributes;
    const copyA = copiesA ? preparedTranspose(machine, transposeA ? [k, m] : [m, k]) : undefined;
    const copyB = copiesB ? preparedTranspose(machine, transposeB ? [n, k] : [k, n]) : undefined;
    const copyProduct = isSwapped ? preparedTranspose(machine, [n, m]) : undefined;
    const finish = preparedLaunches(machine, epilogueLaunches(step, epilogue, machine.target));

    const multiply = (a: number, b: number, result: number): void => {
      machine.heap.withWorkspace(workspaceOf(product), (placeA = 0, placeB = 0, placeProduct = 0) => {
        copyA?.(a, placeA);
        copyB?.(b, placeB);
        const left = copiesA ? placeA : a;
        const right = copiesB ? placeB : b;
        if (isSwapped) runProduct(machine, right, left, placeProduct, { rows: n, inner: k, columns: m });
        else runProduct(machine, left, right, result, { rows: m, inner: k, columns: n });
        copyProduct?.(placeProduct, result);
      });
    };
    const count = elementCount(batch);
    const isEmpty = m * k * n === 0;
    return (inputs, outputs) => {
      const [a, b, result] = [operand(inputs, 0), operand(inputs, 1), operand(outputs, 0)];
      if (isEmpty) new Float32Array(machine.heap.buffer, result, count * m * n).fill(0);
      for (let index = 0; index < count && !isEmpty; index++) {
        multiply(a + 4 * index * m * k, b + 4 * index * k * n, result + 4 * index * m * n);
      }
      finish(inputs, outputs);
    };
  },
};

function runProduct(
  { tfjs }: Machine,
  a: number,
  b: number,
  result: number,
  { rows, inner, columns }: { readonly rows: number; readonly inner: number; readonly columns: number },
): void {
  tfjs.run(
    "_FusedMatMul",
    { a: { address: a, shape: [1, rows, inner] }, b: { address: b, shape: [1, inner, columns] } },
    { transposeA: false, transposeB: false, activation: "linear" },
    { address: result, shape: [1, rows, columns] },
  );
}
