// Reverse-mode differentiation: walks the graph being traced backwards and records the cotangents in the same graph, so that
// gradients of gradients need nothing more. It knows nothing of backends.
import { isFloat } from "./dtype.ts";
import { UsageError } from "./errors.ts";
import type { GraphNode, ValueId } from "./graph.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import { type CotangentThunk, operand, opOf } from "./op.ts";
import { add, full } from "./ops/elementwise.ts";
import { sumToShape } from "./ops/reduce.ts";
import { sameShape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";
import { isTensor } from "./trace.ts";
import { leaves, type MapTree, mapTree } from "./tree.ts";

/**
 * Cotangents of `targets` given that of a scalar `output` is 1; `undefined` where the output does not depend on a target.
 * Cost: the backward pass only of nodes between targets and output.
 */
export function gradient(output: Tensor, targets: readonly Tensor[]): (Tensor | undefined)[] {
  if (output.shape.length > 0 || !isFloat(output.dtype)) {
    throw new UsageError(`a gradient needs a float scalar to differentiate, found ${output.dtype}[${output.shape}]`, {
      hint: "reduce the loss with mean() or sum()",
    });
  }
  const seed = full([], 1, { dtype: output.dtype, device: output.device });
  return pullBack([output], [seed], targets);
}

/** Vector-Jacobian product of everything recorded between `targets` and `outputs`. */
export function pullBack(
  outputs: readonly Tensor[],
  seeds: readonly Tensor[],
  targets: readonly Tensor[],
): (Tensor | undefined)[] {
  const { builder } = operand(outputs, 0);
  const cotangents = new Map<ValueId, Tensor>();
  const accumulate = (value: ValueId, cotangent: Tensor): void => {
    const so = cotangents.get(value);
    cotangents.set(value, so === undefined ? cotangent : add(so, cotangent));
  };
  for (const [index, output] of outputs.entries()) accumulate(output.id, operand(seeds, index));

  const nodes = expandUndifferentiable(builder, outputs);
  const dependent = dependents(nodes, targets);
  for (const node of nodes.toReversed()) {
    const received = node.outputs.map((value) => cotangents.get(value));
    if (received.every((cotangent) => cotangent === undefined) || !node.inputs.some((value) => dependent.has(value)))
      continue;
    builder.inScope(node.scope, () => {
      const inputs = node.inputs.map((value) => builder.tensor(value));
      const thunks = vjpOf(node, builder, inputs, received);
      for (const [index, thunk] of thunks.entries()) {
        const input = operand(inputs, index);
        if (thunk === undefined || !dependent.has(input.id)) continue;
        const cotangent = thunk();
        accumulate(input.id, sameShape(cotangent.shape, input.shape) ? cotangent : sumToShape(cotangent, input.shape));
      }
    });
  }
  return targets.map((target) => cotangents.get(target.id));
}

function vjpOf(
  node: GraphNode,
  builder: GraphBuilder,
  inputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
): readonly CotangentThunk[] {
  if (node.op === ALIAS) return cotangents.map((cotangent) => cotangent && (() => cotangent));
  const op = opOf(node);
  if (op.vjp === undefined) throw new UsageError(`op ${op.name} has neither a gradient nor a decomposition`);
  const outputs = node.outputs.map((value) => builder.tensor(value));
  return op.vjp({ inputs, outputs, cotangents, attributes: node.attributes });
}

/**
 * The nodes that `outputs` depend on, in order, with each op that has no gradient of its own replaced by its decomposition.
 * A decomposition computes the op's values a second time; whichever copy nothing reads is removed later as dead code.
 */
function expandUndifferentiable(builder: GraphBuilder, outputs: readonly Tensor[]): GraphNode[] {
  const expanded: GraphNode[] = [];
  const visit = (node: GraphNode): void => {
    const op = opOf(node);
    if (op.vjp !== undefined || op.decompose === undefined) {
      expanded.push(node);
      return;
    }
    const before = builder.nodes.length;
    const inputs = node.inputs.map((value) => builder.tensor(value));
    const results = builder.inScope(node.scope, () => op.decompose?.(inputs, node.attributes) ?? []);
    for (const inner of builder.nodes.slice(before)) visit(inner);
    expanded.push(aliasNode(node, results));
  };
  const reachable = ancestors(
    builder.nodes,
    outputs.map((output) => output.id),
  );
  for (const node of builder.nodes.slice()) if (node.outputs.some((value) => reachable.has(value))) visit(node);
  return expanded;
}

/** A stand-in that passes the cotangents of an op's outputs on to the values of its decomposition. */
function aliasNode(node: GraphNode, results: readonly Tensor[]): GraphNode {
  return {
    op: ALIAS,
    inputs: results.map((result) => result.id),
    outputs: node.outputs,
    attributes: {},
    scope: node.scope,
  };
}

const ALIAS = "alias";

/** Every value that `values` are computed from, themselves included. */
function ancestors(nodes: readonly GraphNode[], values: readonly ValueId[]): Set<ValueId> {
  const found = new Set(values);
  for (const node of nodes.toReversed()) {
    if (node.outputs.some((value) => found.has(value))) for (const input of node.inputs) found.add(input);
  }
  return found;
}

/** Every value computed from `targets`, themselves included. */
function dependents(nodes: readonly GraphNode[], targets: readonly Tensor[]): Set<ValueId> {
  const found = new Set(targets.map((target) => target.id));
  for (const node of nodes) {
    if (node.inputs.some((value) => found.has(value))) for (const output of node.outputs) found.add(output);
  }
  return found;
}

/** What a differentiated function may return: a scalar, or a scalar with values that come along undifferentiated. */
export type LossResult<Aux> = Tensor | { readonly value: Tensor; readonly aux: Aux };

export interface ValueAndGradient<P, Aux> {
  readonly value: Tensor;
  /** Nested as the parameters are. */
  readonly gradients: MapTree<P, Tensor, Tensor>;
  readonly aux: Aux;
}

/** A function that computes `loss` and its gradients with respect to the first argument, to be called while tracing. */
export function valueAndGrad<P, Rest extends readonly unknown[], Aux = undefined>(
  loss: (parameters: P, ...rest: Rest) => LossResult<Aux>,
): (parameters: P, ...rest: Rest) => ValueAndGradient<P, Aux> {
  return (parameters, ...rest) => {
    const result = loss(parameters, ...rest);
    const { value, aux } = isTensor(result) ? { value: result, aux: undefined as Aux } : result;
    const targets = leaves<Tensor>(parameters, isTensor).map(({ leaf }) => leaf);
    const found = gradient(value, targets);
    const byTarget = new Map(targets.map((target, index) => [target.id, found[index]]));
    const gradients = mapTree(parameters, isTensor, (leaf) => byTarget.get(leaf.id) ?? zerosLike(leaf));
    return { value, gradients, aux };
  };
}

function zerosLike(x: Tensor): Tensor {
  return full(x.shape, 0, { dtype: x.dtype, device: x.device });
}
