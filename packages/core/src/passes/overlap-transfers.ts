// Orders the nodes of several devices so that transfers happen while devices compute: simulates the devices side by side, each of
// which takes, of what it could start at a moment, what others wait for, and else the first in the order it is given.
import { type Graph, type GraphNode, typeOf, type ValueId } from "../graph.ts";
import { operand, opOf } from "../op.ts";
import { mapOp } from "../ops/map.ts";
import { reshapeOp } from "../ops/movement.ts";
import { reduceOp } from "../ops/reduce.ts";
import { transferOp } from "../ops/transfer.ts";
import { byteLength } from "../type.ts";

/** For each node by position, the positions of nodes that have to run before it. */
export type Predecessors = readonly ReadonlySet<number>[];

/**
 * What things take, in seconds. Only ratios count, and only for the order. Transfers are made to look slow beside a fast device:
 * a device that has other work loses nothing if it takes a value later than it could, but waits if it asks for it too early.
 */
const COST = { flop: 1e-13, byte: 2e-12, launch: 5e-6, transfer: 2e-4, transferredByte: 1e-10 } as const;

/** The nodes, which are in an order that could run, in one in which less is waited for. Without transfers, in the same one. */
export function overlapTransfers(graph: Graph, predecessors: Predecessors): readonly GraphNode[] {
  const { nodes } = graph;
  if (!nodes.some(isTransfer)) return nodes;
  const isUrgent = urgentNodes(graph);
  const followers = nodes.map((): number[] => []);
  for (const [position, before] of predecessors.entries()) {
    for (const earlier of before) operand(followers, earlier).push(position);
  }
  const waitingFor = predecessors.map(({ size }) => size);
  const readyAt = nodes.map(() => 0);
  const order: GraphNode[] = [];
  const devices = new Map<string, SimulatedDevice>();
  const deviceOf = (value: ValueId): SimulatedDevice => {
    const { device } = typeOf(graph, value);
    const found = devices.get(device) ?? { startable: [], freeAt: 0, linkFreeAt: 0 };
    devices.set(device, found);
    return found;
  };

  const finish = (position: number, time: number): void => {
    order.push(operand(nodes, position));
    for (const follower of operand(followers, position)) {
      readyAt[follower] = Math.max(operand(readyAt, follower), time);
      waitingFor[follower] = operand(waitingFor, follower) - 1;
      if (waitingFor[follower] === 0) admit(follower);
    }
  };
  const admit = (position: number): void => {
    const node = operand(nodes, position);
    if (node.op === reshapeOp.name) {
      finish(position, operand(readyAt, position));
      return;
    }
    if (!isTransfer(node)) {
      deviceOf(operand(node.outputs, 0)).startable.push(position);
      return;
    }
    const source = operand(node.inputs, 0);
    const sender = deviceOf(source);
    sender.linkFreeAt =
      Math.max(sender.linkFreeAt, operand(readyAt, position)) +
      COST.transferredByte * byteLength(typeOf(graph, source));
    finish(position, sender.linkFreeAt + COST.transfer);
  };
  for (const [position, count] of waitingFor.entries())
    if (count === 0 && predecessors[position]?.size === 0) admit(position);

  while (order.length < nodes.length) {
    const { device, time } = nextToStart([...devices.values()], readyAt);
    const position = chooseOf(device.startable, time, readyAt, isUrgent);
    device.startable.splice(device.startable.indexOf(position), 1);
    device.freeAt = time + durationOf(graph, operand(nodes, position));
    finish(position, device.freeAt);
  }
  return order;
}

interface SimulatedDevice {
  /** Positions of nodes all of whose predecessors have been ordered. */
  readonly startable: number[];
  freeAt: number;
  /** When its last transfer so far has left. */
  linkFreeAt: number;
}

/** The device that can start something first, and when. */
function nextToStart(
  devices: readonly SimulatedDevice[],
  readyAt: readonly number[],
): { readonly device: SimulatedDevice; readonly time: number } {
  let next: { readonly device: SimulatedDevice; readonly time: number } | undefined;
  for (const device of devices) {
    if (device.startable.length === 0) continue;
    const time = Math.max(device.freeAt, Math.min(...device.startable.map((position) => operand(readyAt, position))));
    if (next === undefined || time < next.time) next = { device, time };
  }
  if (next === undefined) throw new RangeError("the graph has a cycle");
  return next;
}

function chooseOf(
  startable: readonly number[],
  time: number,
  readyAt: readonly number[],
  isUrgent: readonly boolean[],
): number {
  const ready = startable.filter((position) => operand(readyAt, position) <= time);
  const urgent = ready.filter((position) => operand(isUrgent, position));
  return Math.min(...(urgent.length > 0 ? urgent : ready));
}

/**
 * Nodes that go first: those that only prepare what is sent, and what is light and ends in updates of state, such as adding up
 * gradients of several devices. Updates free what they read.
 */
function urgentNodes(graph: Graph): readonly boolean[] {
  const { nodes } = graph;
  const readers = new Map<ValueId, number[]>();
  for (const [position, { inputs }] of nodes.entries()) {
    for (const value of inputs) readers.set(value, [...(readers.get(value) ?? []), position]);
  }
  const replacing = new Set(graph.outputs.flatMap(({ value, replaces }) => (replaces === undefined ? [] : [value])));
  const outputs = new Set(graph.outputs.map(({ value }) => value));
  const isSent = nodes.map(() => false);
  const isUpdate = nodes.map(() => false);
  for (const [position, node] of [...nodes.entries()].toReversed()) {
    const isReadOnly = node.outputs.every((value) => !outputs.has(value));
    const next = node.outputs.flatMap((value) => readers.get(value) ?? []);
    isSent[position] =
      isReadOnly && next.every((reader) => isTransfer(operand(nodes, reader)) || operand(isSent, reader));
    isUpdate[position] =
      node.outputs.some((value) => replacing.has(value)) ||
      (isReadOnly && LIGHT.has(node.op) && next.every((reader) => operand(isUpdate, reader)));
  }
  return nodes.map((_, position) => operand(isSent, position) || operand(isUpdate, position));
}

const LIGHT: ReadonlySet<string> = new Set([mapOp.name, reduceOp.name, reshapeOp.name, transferOp.name]);

function durationOf(graph: Graph, node: GraphNode): number {
  const inputs = node.inputs.map((value) => typeOf(graph, value));
  const outputs = node.outputs.map((value) => typeOf(graph, value));
  const bytes = [...inputs, ...outputs].reduce((sum, type) => sum + byteLength(type), 0);
  return COST.launch + Math.max(COST.flop * opOf(node).flops(inputs, outputs, node.attributes), COST.byte * bytes);
}

function isTransfer({ op }: GraphNode): boolean {
  return op === transferOp.name;
}
