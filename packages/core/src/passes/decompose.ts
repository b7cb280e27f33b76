// Replaces each op that its device's backend cannot run: by the backend's own rewriting, else by the op's decomposition.
import type { Backend } from "../backend.ts";
import { BackendError } from "../errors.ts";
import { type Graph, type GraphNode, typeOf } from "../graph.ts";
import { operand, opOf } from "../op.ts";
import { reshapeOp } from "../ops/movement.ts";
import { transferOp } from "../ops/transfer.ts";
import { formatTensorType, type TensorType } from "../type.ts";
import { deviceIndex } from "./bind-devices.ts";
import { rewriteGraph } from "./rewrite.ts";

/** `backends[n]` runs device n. Repeats until every op that is left is supported. */
export function decompose(graph: Graph, backends: readonly Backend[]): Graph {
  const rounds = 16;
  let current = graph;
  for (let round = 0; round < rounds; round++) {
    const before = current;
    const unsupported = before.nodes.filter((node) => !isSupported(before, node, backends));
    if (unsupported.length === 0) return before;
    const pending = new Set(unsupported);
    current = rewriteGraph(before, (node, inputs) => {
      if (!pending.has(node)) return undefined;
      const backend = backendOf(before, node, backends);
      const replaced =
        backend.lower?.(node.op, inputs, node.attributes) ?? opOf(node).decompose?.(inputs, node.attributes);
      if (replaced === undefined) throw cannotRun(before, node, backend);
      return replaced;
    });
  }
  throw new BackendError(`decomposing did not end after ${rounds} rounds: a backend's rewriting leads back to itself`);
}

export function backendOf(graph: Graph, node: GraphNode, backends: readonly Backend[]): Backend {
  return operand(backends, deviceIndex(typeOf(graph, operand(node.outputs, 0)).device));
}

function isSupported(graph: Graph, node: GraphNode, backends: readonly Backend[]): boolean {
  if (node.op === transferOp.name || node.op === reshapeOp.name) return true;
  const inputs = node.inputs.map((value) => typeOf(graph, value));
  const outputs = node.outputs.map((value) => typeOf(graph, value));
  return backendOf(graph, node, backends).supports(node.op, inputs, outputs, node.attributes);
}

function cannotRun(graph: Graph, node: GraphNode, backend: Backend): BackendError {
  const types = node.inputs.map((value) => typeOf(graph, value));
  const result = typeOf(graph, operand(node.outputs, 0));
  return new BackendError(
    `${backend.name} cannot run ${node.op} ${types.map(formatTensorType).join(", ")} -> ${formatTensorType(result)} and there is no decomposition`,
    { hint: hintFor([...types, result]) },
  ).at({
    op: node.op,
    scope: node.scope,
    device: result.device,
    operands: types.map((type, index) => ({
      role: opOf(node).roles[index] ?? "operand",
      type,
      origin: `value ${node.inputs[index]}`,
    })),
  }) as BackendError;
}

function hintFor(types: readonly TensorType[]): string {
  return types.some(({ dtype }) => dtype === "f16")
    ? "f16 needs TANDEM_BACKEND=webgpu on an adapter with shader-f16; everywhere else compute in f32 (--precision f32)"
    : "the reference backend runs everything: TANDEM_BACKEND=reference";
}
