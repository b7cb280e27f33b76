// From a scheduled graph to a program: memory for every value, and for every device the stream of what it runs, sends and receives.
import type { Backend } from "../backend.ts";
import { type Graph, type GraphNode, typeOf, type ValueId } from "../graph.ts";
import { operand, opOf } from "../op.ts";
import type {
  DeviceProgram,
  Operand,
  Program,
  ProgramInput,
  ProgramTransfer,
  Slot,
  Step,
  StreamItem,
} from "../program.ts";
import { PROGRAM_VERSION } from "../program.ts";
import { byteLength, type TensorType } from "../type.ts";
import { allocateSlots, type StorageRequest } from "./allocate.ts";
import { deviceIndex } from "./bind-devices.ts";
import { type LiveRange, liveRanges } from "./liveness.ts";
import { preserveState } from "./preserve-state.ts";
import type { Storage } from "./storage.ts";
import { timelineOf } from "./timeline.ts";

export interface PlanOptions {
  /** `backends[n]` runs device n. */
  readonly backends: readonly Backend[];
  /** Names of inputs that stay on their device between runs. */
  readonly stateInputs: ReadonlySet<string>;
}

export function planProgram(scheduled: Graph, { backends, stateInputs }: PlanOptions): Program {
  const { graph, storage } = preserveState(scheduled);
  const timeline = timelineOf(graph);
  const ranges = liveRanges(graph, timeline, storage);
  const layouts = backends.map((backend, device) =>
    layOut(graph, storage, ranges, device, stateInputs, backend.slotAlignment ?? 1),
  );
  const operandFor = (value: ValueId): Operand => {
    const { dtype, shape, device } = typeOf(graph, value);
    const slot = operand(layouts, deviceIndex(device)).slotOf.get(storage.rootOf(value));
    if (slot === undefined) throw new RangeError(`value ${value} has no slot`);
    return { slot, type: { dtype, shape } };
  };

  const streams = new StreamWriter(backends);
  for (const [position, { kind, node }] of timeline.entries()) {
    const target = operand(node.outputs, 0);
    if (kind === "send") {
      const source = operand(node.inputs, 0);
      streams.send(node, typeOf(graph, source), typeOf(graph, target), operandFor(source));
      continue;
    }
    if (kind === "receive") {
      streams.receive(node, operandFor(target));
      continue;
    }
    const device = deviceIndex(typeOf(graph, target).device);
    const { releasable } = operand(layouts, device);
    const roots = new Set([...node.inputs, ...node.outputs].map(storage.rootOf));
    const ended = [...roots].filter((root) => releasable.has(root) && ranges.get(root)?.last === position);
    streams.step(
      device,
      stepOf(graph, node, operandFor),
      ended.map((root) => operandFor(root).slot),
    );
  }
  return {
    version: PROGRAM_VERSION,
    devices: layouts.map((layout, device) =>
      deviceProgram(device, layout, streams, operand(backends, device), graph, operandFor),
    ),
    inputs: programInputs(graph, stateInputs, operandFor),
    outputs: graph.outputs.map(({ name, value, replaces }) => ({
      name,
      device: deviceIndex(typeOf(graph, value).device),
      operand: operandFor(value),
      ...(replaces !== undefined && { replaces }),
    })),
    transfers: streams.transfers,
  };
}

interface Layout {
  readonly slots: readonly Slot[];
  readonly slotOf: ReadonlyMap<ValueId, number>;
  /** Roots whose memory is free once nothing reads them. */
  readonly releasable: ReadonlySet<ValueId>;
}

function layOut(
  graph: Graph,
  storage: Storage,
  ranges: ReadonlyMap<ValueId, LiveRange>,
  device: number,
  stateInputs: ReadonlySet<string>,
  alignment: number,
): Layout {
  const kinds = new Map<ValueId, "state" | "constant">();
  for (const { name, value } of graph.inputs) if (stateInputs.has(name)) kinds.set(value, "state");
  for (const { value } of graph.constants) kinds.set(value, "constant");
  const slots: Slot[] = [];
  const slotOf = new Map<ValueId, number>();
  const requests: StorageRequest<ValueId>[] = [];
  for (const [root, live] of ranges) {
    const type = typeOf(graph, root);
    if (deviceIndex(type.device) !== device) continue;
    const kind = kinds.get(root);
    const bytes = roundUp(byteLength(type), alignment);
    if (kind === undefined) requests.push({ id: root, bytes, live });
    else slotOf.set(root, slots.push({ kind, bytes }) - 1);
  }
  const { slotOf: temporaries, slotBytes } = allocateSlots(requests);
  for (const [root, slot] of temporaries) slotOf.set(root, slots.length + slot);
  const outputs = new Set(graph.outputs.map(({ value }) => storage.rootOf(value)));
  return {
    slots: [...slots, ...slotBytes.map((bytes): Slot => ({ kind: "temporary", bytes }))],
    slotOf,
    releasable: new Set(requests.map(({ id }) => id).filter((root) => !outputs.has(root))),
  };
}

function roundUp(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

type StepWithoutIdentity = Omit<Step, "id" | "releases">;

function stepOf(graph: Graph, node: GraphNode, operandFor: (value: ValueId) => Operand): StepWithoutIdentity {
  const inputTypes = node.inputs.map((value) => typeOf(graph, value));
  const outputTypes = node.outputs.map((value) => typeOf(graph, value));
  return {
    op: node.op,
    attributes: node.attributes,
    inputs: node.inputs.map(operandFor),
    outputs: node.outputs.map(operandFor),
    scope: node.scope,
    flops: opOf(node).flops(inputTypes, outputTypes, node.attributes),
    bytesMoved: [...inputTypes, ...outputTypes].reduce((sum, type) => sum + byteLength(type), 0),
  };
}

/** Projects the one global order onto a stream for each device; transfers cut the streams into segments. */
class StreamWriter {
  readonly transfers: ProgramTransfer[] = [];
  readonly #streams: { readonly items: StreamItem[]; segment: Step[] | undefined }[];
  readonly #sent = new Map<GraphNode, number>();
  #steps = 0;

  constructor(devices: readonly unknown[]) {
    this.#streams = devices.map(() => ({ items: [], segment: undefined }));
  }

  step(device: number, step: StepWithoutIdentity, releases: readonly number[]): void {
    const stream = operand(this.#streams, device);
    if (stream.segment === undefined) {
      stream.segment = [];
      stream.items.push({ kind: "segment", steps: stream.segment });
    }
    stream.segment.push({ id: this.#steps++, ...step, releases });
  }

  send(node: GraphNode, from: TensorType, to: TensorType, source: Operand): void {
    const ends = { from: deviceIndex(from.device), to: deviceIndex(to.device) };
    const transfer = this.transfers.push({ ...ends, bytes: byteLength(from), scope: node.scope }) - 1;
    this.#sent.set(node, transfer);
    this.#cut(ends.from, { kind: "send", transfer, operand: source });
  }

  receive(node: GraphNode, target: Operand): void {
    const transfer = this.#sent.get(node);
    if (transfer === undefined) throw new RangeError(`a transfer in ${node.scope} is received before it is sent`);
    this.#cut(operand(this.transfers, transfer).to, { kind: "receive", transfer, operand: target });
  }

  itemsOf(device: number): readonly StreamItem[] {
    return operand(this.#streams, device).items;
  }

  #cut(device: number, item: StreamItem): void {
    const stream = operand(this.#streams, device);
    stream.segment = undefined;
    stream.items.push(item);
  }
}

function deviceProgram(
  device: number,
  layout: Layout,
  streams: StreamWriter,
  backend: Backend,
  graph: Graph,
  operandFor: (value: ValueId) => Operand,
): DeviceProgram {
  const stream = streams.itemsOf(device);
  const steps = stream.flatMap((item) => (item.kind === "segment" ? item.steps : []));
  const scratchBytes = roundUp(
    steps.reduce((most, step) => Math.max(most, backend.scratchBytes?.(step) ?? 0), 0),
    backend.slotAlignment ?? 1,
  );
  const slots: Slot[] =
    scratchBytes > 0 ? [...layout.slots, { kind: "scratch", bytes: scratchBytes }] : [...layout.slots];
  return {
    device,
    slots,
    constants: graph.constants.flatMap(({ value, data }) =>
      deviceIndex(typeOf(graph, value).device) === device ? [{ slot: operandFor(value).slot, data }] : [],
    ),
    stream,
    ...(scratchBytes > 0 && { scratchSlot: slots.length - 1 }),
    peakBytes: slots.reduce((sum, slot) => sum + slot.bytes, 0),
  };
}

function programInputs(
  graph: Graph,
  stateInputs: ReadonlySet<string>,
  operandFor: (value: ValueId) => Operand,
): ProgramInput[] {
  const byName = new Map<string, { device: number; operand: Operand }[]>();
  for (const { name, value } of graph.inputs) {
    const target = { device: deviceIndex(typeOf(graph, value).device), operand: operandFor(value) };
    byName.set(name, [...(byName.get(name) ?? []), target]);
  }
  return [...byName].map(([name, targets]) => ({ name, targets, isState: stateInputs.has(name) }));
}
