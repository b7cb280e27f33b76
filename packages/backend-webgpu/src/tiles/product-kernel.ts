// Makes a kernel of an op that is one product, or several whose results lie in one another's gaps.

import { byteLength, operand } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import { areStorable, type KernelDefinition, type Signature, type StepShape } from "../kernel.ts";
import type { Dispatch } from "../shader/dispatch.ts";
import { withSharedText } from "../shader/shared-text.ts";
import { bindingCount } from "../shader/storage.ts";
import { addPartsDispatch, partialDestination, partialSumBytes } from "./partial-sums.ts";
import type { Product } from "./product.ts";
import { registerDispatch } from "./register-product.ts";
import { type Destination, resultDestination } from "./result-layout.ts";
import { type Strategy, strategies } from "./strategy.ts";
import { subgroupMatrixDispatch } from "./subgroup-matrix-product.ts";
import { subgroupDispatch } from "./subgroup-product.ts";
import { tiledDispatch } from "./tiled-product.ts";

/** The products that a step is made of. All have the same operands and columns. */
export type ProductsOf = (step: StepShape) => readonly Product[];

/** `strategiesFor` gives the ways to compute a product, at least one. */
export function productKernel(productsOf: ProductsOf, strategiesFor: typeof strategies = strategies): KernelDefinition {
  const strategiesOf = (product: Product, capabilities: Capabilities): readonly Strategy[] =>
    strategiesFor(product, capabilities, (bytes) => canKeep(product.step, bytes, capabilities));
  return {
    supports(signature, capabilities) {
      const { inputs, outputs } = signature;
      const isFloat = inputs.slice(0, 2).every(({ dtype }) => dtype === "f32" || dtype === "f16");
      return isFloat && areStorable([...inputs, ...outputs], capabilities) && binds(signature, capabilities);
    },
    scratchBytes(step, capabilities) {
      const bytes = productsOf(step).flatMap((product) =>
        strategiesOf(product, capabilities).map(({ parts }) => partialSumBytes(product, parts.count)),
      );
      return Math.max(0, ...bytes);
    },
    variants(step, capabilities) {
      const largest = largestOf(productsOf(step));
      return largest === undefined ? [] : strategiesOf(largest, capabilities).map(({ name }) => name);
    },
    dispatches(step, capabilities, variant) {
      const dispatches = productsOf(step).flatMap((product) => {
        const known = strategiesOf(product, capabilities);
        const chosen = known.find(({ name }) => name === variant) ?? operand(known, 0);
        return dispatchesOf(product, chosen, capabilities);
      });
      return withSharedText(dispatches);
    },
  };
}

/** Of the products of a step, all of one kind, the one that takes longest. */
function largestOf(products: readonly Product[]): Product | undefined {
  const work = ({ rows, columns, depth, matrices }: Product): number => rows * columns * depth * matrices;
  return products.reduce<Product | undefined>(
    (largest, product) => (largest === undefined || work(product) > work(largest) ? product : largest),
    undefined,
  );
}

function binds({ inputs, outputs }: Pick<Signature, "inputs" | "outputs">, capabilities: Capabilities): boolean {
  return bindingCount([...inputs, ...outputs].map(byteLength), capabilities) <= capabilities.limits.storageBindings;
}

/** Whether partial sums can be bound together with the operands, and then with what the epilogue reads and the result. */
function canKeep({ inputs, outputs }: StepShape, partialBytes: number, capabilities: Capabilities): boolean {
  const bytes = [...inputs, ...outputs].map(({ type }) => byteLength(type));
  const own = inputs.slice(0, 2).map(({ type }) => byteLength(type));
  const { storageBindings } = capabilities.limits;
  return (
    bindingCount([...own, partialBytes], capabilities) <= storageBindings &&
    bindingCount([...bytes.slice(2), partialBytes], capabilities) <= storageBindings
  );
}

function dispatchesOf(product: Product, strategy: Strategy, capabilities: Capabilities): readonly Dispatch[] {
  const { step, rows, columns, matrices } = product;
  if (rows * columns * matrices === 0) return [];
  const result = resultDestination(step, product.result, columns);
  const { parts } = strategy;
  if (parts.count === 1) return [multiplyDispatch(product, strategy, result, capabilities)];
  return [
    multiplyDispatch(product, strategy, partialDestination(product, parts), capabilities),
    addPartsDispatch(product, parts, result, capabilities),
  ];
}

function multiplyDispatch(
  product: Product,
  { method, parts }: Strategy,
  destination: Destination,
  capabilities: Capabilities,
): Dispatch {
  switch (method.kind) {
    case "tiles":
      return tiledDispatch(product, method.tile, parts, destination, capabilities);
    case "registers":
      return registerDispatch(product, method.registers, parts, destination, capabilities);
    case "subgroups":
      return subgroupDispatch(product, method.tile, parts, destination, capabilities);
    case "matrices":
      return subgroupMatrixDispatch(product, method.tile, parts, destination, capabilities);
  }
}
