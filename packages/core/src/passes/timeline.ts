// When what happens in a program: steps in the graph's order, with each transfer's two ends as far apart as they can be. A value is
// sent as soon as it exists and received when it is first needed, so that both devices can compute in between.
import { type Graph, type GraphNode, producers, type ValueId } from "../graph.ts";
import { operand } from "../op.ts";
import { reshapeOp } from "../ops/movement.ts";
import { transferOp } from "../ops/transfer.ts";

/** `node` of a send or receive is the transfer. */
export interface TimelineEvent {
  readonly kind: "step" | "send" | "receive";
  readonly node: GraphNode;
}

/**
 * What happens to a graph whose nodes are in the order they will run. Reshapes are views, and do not happen. A send comes before its
 * receive, so that devices which follow this one order never wait in a circle.
 */
export function timelineOf(graph: Graph): readonly TimelineEvent[] {
  const producer = producers(graph);
  /** What a value is a view of. */
  const originOf = (value: ValueId): ValueId => {
    const node = producer.get(value);
    return node?.op === reshapeOp.name ? originOf(operand(node.inputs, 0)) : value;
  };
  const transfersOf = new Map<ValueId, GraphNode[]>();
  for (const node of graph.nodes) {
    if (node.op !== transferOp.name) continue;
    const source = originOf(operand(node.inputs, 0));
    transfersOf.set(source, [...(transfersOf.get(source) ?? []), node]);
  }
  const events: TimelineEvent[] = [];
  const received = new Set<GraphNode>();
  const send = (value: ValueId): void => {
    for (const node of transfersOf.get(value) ?? []) events.push({ kind: "send", node });
  };
  const receive = (value: ValueId): void => {
    const node = producer.get(originOf(value));
    if (node?.op !== transferOp.name || received.has(node)) return;
    receive(operand(node.inputs, 0));
    received.add(node);
    events.push({ kind: "receive", node });
    send(operand(node.outputs, 0));
  };
  for (const { value } of [...graph.inputs, ...graph.constants]) send(value);
  for (const node of graph.nodes) {
    if (node.op === reshapeOp.name || node.op === transferOp.name) continue;
    node.inputs.forEach(receive);
    events.push({ kind: "step", node });
    node.outputs.forEach(send);
  }
  for (const { value } of graph.outputs) receive(value);
  return events;
}

/** Values whose memory an event reads or writes. */
export function valuesOf({ kind, node }: TimelineEvent): readonly ValueId[] {
  switch (kind) {
    case "step":
      return [...node.inputs, ...node.outputs];
    case "send":
      return node.inputs;
    case "receive":
      return node.outputs;
  }
}
