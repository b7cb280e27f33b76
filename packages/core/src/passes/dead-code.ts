// Removes what no output depends on: nodes, and outputs of maps that nobody reads.
import type { Graph, ValueId } from "../graph.ts";
import { operand } from "../op.ts";
import { type MapAttributes, mapOp } from "../ops/map.ts";
import type { ScalarProgram } from "../scalar/program.ts";
import { withoutUnusedInstructions } from "../scalar/prune.ts";
import type { Tensor } from "../tensor.ts";
import { rewriteGraph } from "./rewrite.ts";

export function removeDeadCode(graph: Graph): Graph {
  const live = new Set<ValueId>(graph.outputs.map((output) => output.value));
  for (const node of graph.nodes.toReversed()) {
    if (node.outputs.some((value) => live.has(value))) for (const input of node.inputs) live.add(input);
  }
  const nodes = graph.nodes.filter((node) => node.outputs.some((value) => live.has(value)));
  return rewriteGraph({ ...graph, nodes }, (node, inputs, { builder }) => {
    const liveOutputs = [...node.outputs.keys()].filter((index) => live.has(operand(node.outputs, index)));
    if (node.op !== mapOp.name || liveOutputs.length === node.outputs.length) return undefined;
    const { body, shape, device } = node.attributes as MapAttributes;
    const { program, kept } = withoutUnusedInstructions(withOutputs(body, liveOutputs));
    const home = kept.length === 0 ? (device ?? inputs[0]?.device) : undefined;
    const results = builder.apply(
      mapOp,
      kept.map((index) => operand(inputs, index)),
      {
        body: program,
        shape,
        ...(home !== undefined && { device: home }),
      },
    );
    const outputs: Tensor[] = [];
    for (const [index, original] of liveOutputs.entries()) outputs[original] = operand(results, index);
    return outputs;
  });
}

function withOutputs(body: ScalarProgram, outputs: readonly number[]): ScalarProgram {
  return { ...body, outputs: outputs.map((index) => operand(body.outputs, index)) };
}
