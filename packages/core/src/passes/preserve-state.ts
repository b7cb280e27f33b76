// Copies that donation needs: a replacement that could not be computed where the old state is, and old state that is read back.
import { type Graph, type GraphNode, producers, typeOf, type ValueId } from "../graph.ts";
import { operand } from "../op.ts";
import { type MapAttributes, mapOp } from "../ops/map.ts";
import { type ReshapeAttributes, reshapeOp } from "../ops/movement.ts";
import { scalarProgram } from "../scalar/builder.ts";
import type { TensorType } from "../type.ts";
import { assignStorage, type Storage } from "./storage.ts";

/** The graph with a copy at its end for each replacement that could not be computed in place, and the storage with them done. */
export function preserveState(original: Graph): { readonly graph: Graph; readonly storage: Storage } {
  const scheduled = withOldStateSaved(original);
  const storage = assignStorage(scheduled);
  if (storage.copies.length === 0) return { graph: scheduled, storage };
  const values = [...scheduled.values];
  const nodes = [...scheduled.nodes];
  const copy = (from: ValueId): ValueId => {
    const type = typeOf({ ...scheduled, values }, from);
    const to = values.push(type) - 1;
    nodes.push(copyNode(type, from, to));
    return to;
  };
  const overwritten = new Set(storage.copies.map(({ to }) => to));
  const sources = storage.copies.map(({ from }) => (overwritten.has(storage.rootOf(from)) ? copy(from) : from));
  const replacementOf = new Map<ValueId, ValueId>();
  for (const [index, { to }] of storage.copies.entries()) replacementOf.set(to, copy(operand(sources, index)));
  const inputs = new Map(scheduled.inputs.map(({ name, value }) => [name, value]));
  const outputs = scheduled.outputs.map((output) => {
    const replaced = output.replaces === undefined ? undefined : inputs.get(output.replaces);
    const value = replaced === undefined ? undefined : replacementOf.get(replaced);
    return value === undefined ? output : { ...output, value };
  });
  const graph = { ...scheduled, values, nodes, outputs };
  return { graph, storage: assignStorage(graph) };
}

/** Where an output reads back a state input that is replaced, the old value is copied before anything runs. */
function withOldStateSaved(graph: Graph): Graph {
  const producer = producers(graph);
  /** What a value is a view of. */
  const originOf = (value: ValueId): ValueId => {
    const node = producer.get(value);
    return node?.op === reshapeOp.name ? originOf(operand(node.inputs, 0)) : value;
  };
  const inputs = new Map(graph.inputs.map(({ name, value }) => [name, value]));
  const replaced = new Set(
    graph.outputs.flatMap((output) => (output.replaces === undefined ? [] : (inputs.get(output.replaces) ?? []))),
  );
  const values = [...graph.values];
  const copies: GraphNode[] = [];
  const outputs = graph.outputs.map((output) => {
    const origin = originOf(output.value);
    if (output.replaces !== undefined || !replaced.has(origin)) return output;
    const saved = values.push(typeOf(graph, origin)) - 1;
    copies.push(copyNode(typeOf(graph, origin), origin, saved));
    if (origin === output.value) return { ...output, value: saved };
    const type = typeOf(graph, output.value);
    const view = values.push(type) - 1;
    const attributes: ReshapeAttributes = { shape: type.shape };
    copies.push({ op: reshapeOp.name, inputs: [saved], outputs: [view], attributes, scope: "" });
    return { ...output, value: view };
  });
  return copies.length === 0 ? graph : { ...graph, values, nodes: [...copies, ...graph.nodes], outputs };
}

function copyNode({ dtype, shape }: TensorType, from: ValueId, to: ValueId): GraphNode {
  const attributes: MapAttributes = { body: scalarProgram([dtype], (inputs) => inputs), shape };
  return { op: mapOp.name, inputs: [from], outputs: [to], attributes, scope: "" };
}
