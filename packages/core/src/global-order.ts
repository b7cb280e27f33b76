// One order of everything that a program's devices do: each device's own, and no transfer received before it is sent.
import type { DeviceProgram, Program, Step, StreamItem } from "./program.ts";

type OrderedTransfer = Exclude<StreamItem, { readonly kind: "segment" }>;

export interface OrderedItem {
  /** Index into `Program.devices`. */
  readonly device: number;
  readonly item: { readonly kind: "step"; readonly step: Step } | OrderedTransfer;
}

/** Values are sent and received as early as the devices' streams have it; steps come in the order of their numbers. */
export function globalOrder(program: Program): readonly OrderedItem[] {
  const queues = program.devices.map(itemsOf);
  const positions = queues.map(() => 0);
  const sent = new Set<number>();
  const order: OrderedItem[] = [];
  for (;;) {
    const heads = queues.flatMap((queue, index) => queue[positions[index] ?? 0] ?? []);
    const ready = heads.filter(({ item }) => item.kind !== "receive" || sent.has(item.transfer));
    const [next] = ready.sort((a, b) => rank(a) - rank(b));
    if (next === undefined) break;
    if (next.item.kind === "send") sent.add(next.item.transfer);
    order.push(next);
    const index = program.devices.findIndex(({ device }) => device === next.device);
    positions[index] = (positions[index] ?? 0) + 1;
  }
  if (order.length < queues.flat().length) throw new RangeError("the devices of this program wait for each other");
  return order;
}

function itemsOf({ device, stream }: DeviceProgram): readonly OrderedItem[] {
  return stream.flatMap((item): readonly OrderedItem[] =>
    item.kind === "segment" ? item.steps.map((step) => ({ device, item: { kind: "step", step } })) : [{ device, item }],
  );
}

/** Which of the things that could come next does. */
function rank({ item }: OrderedItem): number {
  switch (item.kind) {
    case "send":
      return -2;
    case "receive":
      return -1;
    case "step":
      return item.step.id;
  }
}
