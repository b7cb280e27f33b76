// Matrix products: batched, with either operand transposed.
import { elementCount, type MatmulAttributes, matmulSizes, operand } from "@tandem/core";
import type { KernelDefinition, StepShape } from "../kernel.ts";
import { matrixLoader } from "../tiles/matrix-loader.ts";
import { operandMemory } from "../tiles/operand-memory.ts";
import type { Product } from "../tiles/product.ts";
import { type ProductsOf, productKernel } from "../tiles/product-kernel.ts";
import { wholeRun } from "../tiles/run.ts";

export const matmulProducts: ProductsOf = (step) => [matmulProduct(step)];

export const matmulKernel: KernelDefinition = productKernel(matmulProducts);

function matmulProduct(step: StepShape): Product {
  const attributes = step.attributes as MatmulAttributes;
  const { batch, m, k, n } = matmulSizes(operand(step.inputs, 0).type, operand(step.inputs, 1).type, attributes);
  const [a, b] = [operandMemory(step, "a", 0), operandMemory(step, "b", 1)];
  const [aRow, aDepth] = attributes.transposeA ? [1, m] : [k, 1];
  const [bDepth, bColumn] = attributes.transposeB ? [1, k] : [n, 1];
  const depths = wholeRun(k);
  return {
    step,
    element: a.element,
    matrices: elementCount(batch),
    rows: m,
    columns: n,
    depth: k,
    a: matrixLoader({ ...a, spans: m, depths, spanStride: aRow, depthStride: aDepth, matrixStride: m * k }),
    b: matrixLoader({ ...b, spans: n, depths, spanStride: bColumn, depthStride: bDepth, matrixStride: k * n }),
    result: { rows: { kind: "matrix", stride: n, run: wholeRun(m) }, matrixStride: m * n },
  };
}
