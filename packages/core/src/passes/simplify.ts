// Common subexpressions are computed once, chains of reshapes and transposes collapse, and dead code goes.
import type { Graph, GraphNode } from "../graph.ts";
import { operand } from "../op.ts";
import { applyMap, type MapAttributes, mapOp } from "../ops/map.ts";
import {
  type ReshapeAttributes,
  reshape,
  reshapeOp,
  type TransposeAttributes,
  transpose,
  transposeOp,
} from "../ops/movement.ts";
import { extent, type Shape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { removeDeadCode } from "./dead-code.ts";
import { keepNode, rewriteGraph } from "./rewrite.ts";

export function simplify(graph: Graph): Graph {
  return removeDeadCode(shareCommonSubexpressions(removeDeadCode(graph)));
}

function shareCommonSubexpressions(graph: Graph): Graph {
  const seen = new Map<string, readonly Tensor[]>();
  const definitions = new Map<number, { readonly node: GraphNode; readonly inputs: readonly Tensor[] }>();
  return rewriteGraph(graph, (node, inputs, { builder }) => {
    const collapsed = collapse(node, inputs, (value) => definitions.get(value.id));
    if (collapsed !== undefined) return [collapsed];
    const key = `${node.op}(${inputs.map((input) => input.id)})${attributeKey(node.attributes)}`;
    const outputs = seen.get(key) ?? keepNode(node, inputs, builder);
    seen.set(key, outputs);
    for (const output of outputs) definitions.set(output.id, { node, inputs });
    return outputs;
  });
}

type Definition = { readonly node: GraphNode; readonly inputs: readonly Tensor[] } | undefined;

/** A movement of a movement as one, or as none. */
function collapse(
  node: GraphNode,
  inputs: readonly Tensor[],
  definitionOf: (value: Tensor) => Definition,
): Tensor | undefined {
  if (node.op !== reshapeOp.name && node.op !== transposeOp.name) return undefined;
  const source = operand(inputs, 0);
  const definition = definitionOf(source);
  const inner = definition?.node.op === node.op ? definition : undefined;
  const origin = inner === undefined ? source : operand(inner.inputs, 0);
  if (node.op === reshapeOp.name) {
    const constant = definition?.node.op === mapOp.name && definition.inputs.length === 0 ? definition.node : undefined;
    const reshaped =
      constant === undefined ? undefined : constantOfShape(constant, (node.attributes as ReshapeAttributes).shape);
    if (reshaped !== undefined) return reshaped;
    const { shape } = node.attributes as ReshapeAttributes;
    return inner !== undefined || sameShape(shape, source.shape) ? reshape(origin, shape) : undefined;
  }
  const outer = (node.attributes as TransposeAttributes).permutation;
  if (inner === undefined) return outer.every((axis, position) => axis === position) ? source : undefined;
  const first = (inner.node.attributes as TransposeAttributes).permutation;
  return transpose(
    origin,
    outer.map((axis) => extent(first, axis)),
  );
}

/** A map that gives every element the same number, in another shape. */
function constantOfShape(map: GraphNode, shape: Shape): Tensor | undefined {
  const { body, device } = map.attributes as MapAttributes;
  if (body.outputs.length !== 1 || body.instructions.some(({ op }) => op !== "constant")) return undefined;
  return applyMap([], body, shape, device)[0];
}

/** Attributes as text, with the numbers JSON cannot tell apart kept apart. */
function attributeKey(attributes: GraphNode["attributes"]): string {
  return JSON.stringify(attributes, (_, value: unknown) =>
    typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
      ? `number ${Object.is(value, -0) ? "-0" : value}`
      : value,
  );
}
