// Rebuilds a graph node by node: what every pass that changes nodes is made of.
import { type Graph, type GraphNode, typeOf, type ValueId } from "../graph.ts";
import { GraphBuilder } from "../graph-builder.ts";
import { opOf } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { withBuilder } from "../trace-context.ts";

export interface Rewriting {
  readonly builder: GraphBuilder;
  /** What stands for a value of the old graph in the new one. */
  readonly replacement: (value: ValueId) => Tensor;
}

/**
 * Records each node of `graph` in a new graph. `visit` returns what stands for the node's outputs, or `undefined` to keep the
 * node as it is. It runs in the node's scope, with the node's inputs already replaced.
 */
export function rewriteGraph(
  graph: Graph,
  visit: (node: GraphNode, inputs: readonly Tensor[], rewriting: Rewriting) => readonly Tensor[] | undefined,
): Graph {
  const builder = new GraphBuilder();
  const replacements = new Map<ValueId, Tensor>();
  const replacement = (value: ValueId): Tensor => {
    const found = replacements.get(value);
    if (found === undefined) throw new RangeError(`value ${value} is read before it is computed`);
    return found;
  };
  return withBuilder(builder, () => {
    for (const { name, value } of graph.inputs) replacements.set(value, builder.input(name, typeOf(graph, value)));
    for (const { value, data } of graph.constants)
      replacements.set(value, builder.constant(data, typeOf(graph, value)));
    for (const node of graph.nodes) {
      const inputs = node.inputs.map(replacement);
      builder.inScope(node.scope, () => {
        const outputs = visit(node, inputs, { builder, replacement }) ?? keepNode(node, inputs, builder);
        for (const [index, value] of node.outputs.entries()) {
          const output = outputs[index];
          if (output !== undefined) replacements.set(value, output);
        }
      });
    }
    return builder.finish(graph.outputs.map((output) => ({ ...output, value: replacement(output.value).id })));
  });
}

export function keepNode(node: GraphNode, inputs: readonly Tensor[], builder: GraphBuilder): Tensor[] {
  return builder.apply(opOf(node), inputs, node.attributes);
}
