// Orders the nodes for execution: an update that replaces state runs as soon as its inputs exist and every other reader of the
// old state has run, so that it can happen in place and the gradient it consumed is freed early; devices compute while values
// travel between them.
import type { Graph, GraphNode, ValueId } from "../graph.ts";
import { operand } from "../op.ts";
import { reshapeOp } from "../ops/movement.ts";
import { overlapTransfers, type Predecessors } from "./overlap-transfers.ts";

export function schedule(graph: Graph): Graph {
  const order = orderWith(graph, updateConstraints(graph)) ?? orderWith(graph, new Map());
  if (order === undefined) throw new RangeError("the graph has a cycle");
  return { ...graph, nodes: order };
}

/** Positions of the nodes that have to come before a node at a position, beside those that compute its inputs. */
type Constraints = ReadonlyMap<number, ReadonlySet<number>>;

/** `undefined` if no order keeps to the constraints. */
function orderWith(graph: Graph, constraints: Constraints): readonly GraphNode[] | undefined {
  const before = predecessorsOf(graph, constraints);
  const order = orderPositions(before, constraints);
  if (order === undefined) return undefined;
  const placeOf = new Map(order.map((position, place) => [position, place]));
  const predecessors = order.map(
    (position) => new Set([...operand(before, position)].flatMap((earlier) => placeOf.get(earlier) ?? [])),
  );
  const nodes = order.map((position) => operand(graph.nodes, position));
  return overlapTransfers({ ...graph, nodes }, predecessors);
}

/** For each node, the nodes that compute its inputs and those that constraints put before it. */
function predecessorsOf(graph: Graph, constraints: Constraints): Predecessors {
  const producer = new Map<ValueId, number>();
  for (const [position, node] of graph.nodes.entries()) for (const value of node.outputs) producer.set(value, position);
  return graph.nodes.map((node, position) => {
    const before = new Set(node.inputs.flatMap((value) => producer.get(value) ?? []));
    for (const reader of constraints.get(position) ?? []) before.add(reader);
    return before;
  });
}

/** For each node that computes the replacement of a state input: the nodes that read the old value, which must come first. */
function updateConstraints(graph: Graph): Constraints {
  const producer = new Map<ValueId, number>();
  const readers = new Map<ValueId, number[]>();
  for (const [position, node] of graph.nodes.entries()) {
    for (const value of node.outputs) producer.set(value, position);
    for (const value of node.inputs) readers.set(value, [...(readers.get(value) ?? []), position]);
  }
  const readersThroughReshapes = (value: ValueId): number[] =>
    (readers.get(value) ?? []).flatMap((position) => {
      const node = operand(graph.nodes, position);
      return node.op === reshapeOp.name ? [position, ...readersThroughReshapes(operand(node.outputs, 0))] : [position];
    });
  const inputs = new Map(graph.inputs.map(({ name, value }) => [name, value]));
  const constraints = new Map<number, Set<number>>();
  for (const { value, replaces } of graph.outputs) {
    const update = producer.get(value);
    const replaced = replaces === undefined ? undefined : inputs.get(replaces);
    if (update === undefined || replaced === undefined) continue;
    const first = constraints.get(update) ?? new Set();
    for (const reader of readersThroughReshapes(replaced)) if (reader !== update) first.add(reader);
    constraints.set(update, first);
  }
  return constraints;
}

/** Topological order: constrained nodes as early as they can, the others as recorded. `undefined` if there is none. */
function orderPositions(predecessors: Predecessors, constraints: Constraints): number[] | undefined {
  const waitingFor = predecessors.map((before) => new Set(before));
  const followers = new Map<number, number[]>();
  for (const [position, before] of waitingFor.entries()) {
    for (const earlier of before) followers.set(earlier, [...(followers.get(earlier) ?? []), position]);
  }

  const order: number[] = [];
  const done = new Set<number>();
  const run = (position: number): void => {
    done.add(position);
    order.push(position);
    const ready: number[] = [];
    for (const follower of followers.get(position) ?? []) {
      const pending = operand(waitingFor, follower);
      pending.delete(position);
      if (pending.size === 0 && constraints.has(follower) && !done.has(follower)) ready.push(follower);
    }
    for (const update of ready) run(update);
  };
  let advanced = true;
  while (advanced) {
    advanced = false;
    for (const position of predecessors.keys()) {
      if (done.has(position) || operand(waitingFor, position).size > 0) continue;
      run(position);
      advanced = true;
    }
  }
  return order.length === predecessors.length ? order : undefined;
}
