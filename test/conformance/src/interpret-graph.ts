// Runs a graph node by node with the reference kernels, every value in memory of its own: what passes and plans must agree with.
import { referenceKernels } from "@tandem/backend-reference";
import {
  elementCount,
  type Graph,
  type GraphNode,
  type HostTensor,
  hostTensor,
  operand,
  opOf,
  type Step,
  type Tensor,
  trace,
  transferOp,
  typeOf,
} from "@tandem/core";

/** Outputs by name, from inputs by name. */
export function interpretGraph(graph: Graph, inputs: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  const values = new Map<number, HostTensor>();
  const computed = (id: number): HostTensor => {
    const found = values.get(id);
    if (found === undefined) throw new RangeError(`value ${id} is read before it is computed`);
    return found;
  };
  for (const { name, value } of graph.inputs) {
    const found = inputs.get(name);
    if (found === undefined) throw new RangeError(`input ${name} is missing`);
    values.set(value, found);
  }
  for (const { value, data } of graph.constants) values.set(value, { ...typeOf(graph, value), data });
  for (const node of graph.nodes) {
    const results = interpretNode(graph, node, node.inputs.map(computed));
    for (const [index, id] of node.outputs.entries()) values.set(id, operand(results, index));
  }
  return new Map(graph.outputs.map(({ name, value }) => [name, computed(value)]));
}

function interpretNode(graph: Graph, node: GraphNode, inputs: readonly HostTensor[]): readonly HostTensor[] {
  if (node.op === transferOp.name) return inputs;
  const kernel = referenceKernels.get(node.op);
  if (kernel === undefined) return interpretDecomposition(graph, node, inputs);
  const outputs = node.outputs.map((value) => {
    const { dtype, shape } = typeOf(graph, value);
    return hostTensor(dtype, shape, new Array<number>(elementCount(shape)).fill(7));
  });
  const step: Step = {
    id: 0,
    op: node.op,
    attributes: node.attributes,
    inputs: inputs.map((type) => ({ slot: 0, type })),
    outputs: outputs.map((type) => ({ slot: 0, type })),
    scope: node.scope,
    flops: 0,
    bytesMoved: 0,
    releases: [],
  };
  kernel(
    step,
    inputs.map(({ data }) => data),
    outputs.map(({ data }) => data),
  );
  return outputs;
}

function interpretDecomposition(graph: Graph, node: GraphNode, inputs: readonly HostTensor[]): readonly HostTensor[] {
  const specs = Object.fromEntries(node.inputs.map((value, index) => [`${index}`, typeOf(graph, value)]));
  const decomposed = trace((tensors: { readonly [name: string]: Tensor }) => {
    const operands = node.inputs.flatMap((_, index) => tensors[`${index}`] ?? []);
    return { outputs: opOf(node).decompose?.(operands, node.attributes) ?? [] };
  }, specs);
  return [...interpretGraph(decomposed.graph, new Map(inputs.map((input, index) => [`${index}`, input]))).values()];
}
