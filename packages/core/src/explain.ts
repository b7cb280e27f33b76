// What a program will do, as text: before anything runs.
import type { DeviceLimits } from "./backend.ts";
import { formatBytes } from "./errors.ts";
import { globalOrder, type OrderedItem } from "./global-order.ts";
import { operand } from "./op.ts";
import { type DeviceProgram, type Program, type Step, segmentsOf } from "./program.ts";
import { formatTensorType } from "./type.ts";

/** A count of a unit with a decimal prefix: 119 FLOP, 1.44 GFLOP. */
export function formatCount(count: number, unit: string): string {
  const prefixes = ["", "k", "M", "G", "T"];
  let scaled = count;
  let prefix = 0;
  while (scaled >= 1000 && prefix < prefixes.length - 1) {
    scaled /= 1000;
    prefix += 1;
  }
  return `${prefix === 0 ? scaled : scaled.toPrecision(3)} ${prefixes[prefix]}${unit}`;
}

/** What an explanation says of a device beside its program. */
export interface ExplainedDevice {
  readonly name: string;
  readonly limits?: DeviceLimits;
}

/**
 * Bytes of a device's memory, in whole pages, once this program and its state are all that is on it. A second program adds its
 * constants and its own state; temporaries are shared, so that of those only what exceeds the first program's adds anything.
 */
export function deviceMemoryBytes({ peakBytes }: Pick<DeviceProgram, "peakBytes">, limits: DeviceLimits): number {
  const { fixedBytes = 0, pageBytes = 1 } = limits;
  return Math.ceil((fixedBytes + peakBytes) / pageBytes) * pageBytes;
}

/** One paragraph a device: how many steps, FLOPs, bytes moved, slots, and the peak of its memory. */
export function summarizeProgram(program: Program, devices: readonly ExplainedDevice[]): string {
  const lines = program.devices.map((deviceProgram) => {
    const segments = segmentsOf(deviceProgram);
    const steps = segments.flat();
    const flops = steps.reduce((sum, step) => sum + step.flops, 0);
    const bytes = steps.reduce((sum, step) => sum + step.bytesMoved, 0);
    const { name, limits } = devices[deviceProgram.device] ?? unnamed(deviceProgram);
    const state = deviceProgram.slots.reduce((sum, slot) => sum + (slot.kind === "state" ? slot.bytes : 0), 0);
    return (
      `${name}: ${steps.length} steps in ${segments.length} segment${segments.length === 1 ? "" : "s"}, ${formatCount(flops, "FLOP")}, ` +
      `${formatBytes(bytes)} moved, ${deviceProgram.slots.length} buffer slots, ` +
      `peak memory ${formatBytes(deviceProgram.peakBytes)} (${deviceProgram.peakBytes} bytes, ${formatBytes(state)} of it state)` +
      (limits?.fixedBytes === undefined ? "" : `; ${formatTotal(deviceProgram, limits)}`)
    );
  });
  const moved = program.transfers.reduce((sum, { bytes }) => sum + bytes, 0);
  if (program.transfers.length > 0)
    lines.push(`${program.transfers.length} transfers between devices, ${formatBytes(moved)} a run`);
  return lines.join("\n");
}

function unnamed({ device }: DeviceProgram): ExplainedDevice {
  return { name: `device:${device}` };
}

function formatTotal(program: DeviceProgram, limits: DeviceLimits): string {
  const total = deviceMemoryBytes(program, limits);
  const fixed = formatBytes(limits.fixedBytes ?? 0);
  return `the device's memory ${formatBytes(total)} (${total} bytes, ${fixed} of it the device's own)`;
}

/**
 * The summary, followed by what every device does, in order. The numbers in front are positions in one order of all devices' steps
 * and transfers that runs them right; devices overlap as far as their transfers let them.
 */
export function explainProgram(program: Program, devices: readonly ExplainedDevice[]): string {
  const nameOf = (device: number): string => (devices[device] ?? { name: `device:${device}` }).name;
  const order = globalOrder(program);
  const width = Math.max(4, `${order.length}`.length);
  const sections = program.devices.map(({ device }) => {
    const lines = order.flatMap((place, position) =>
      place.device === device
        ? [`  ${`${position}`.padStart(width)}  ${formatItem(place.item, program, order, nameOf)}`]
        : [],
    );
    return [nameOf(device), ...lines].join("\n");
  });
  return [summarizeProgram(program, devices), ...sections].join("\n\n");
}

function formatItem(
  item: OrderedItem["item"],
  { transfers }: Program,
  order: readonly OrderedItem[],
  nameOf: (device: number) => string,
): string {
  if (item.kind === "step") return formatStep(item.step);
  const { from, to, bytes, scope } = operand(transfers, item.transfer);
  const opposite = item.kind === "send" ? "receive" : "send";
  const other = order.findIndex(({ item: each }) => each.kind === opposite && each.transfer === item.transfer);
  const [peer, event] = item.kind === "send" ? [`to ${nameOf(to)}`, "received"] : [`from ${nameOf(from)}`, "sent"];
  const { slot, type } = item.operand;
  return (
    `${item.kind} #${item.transfer} ${peer} ${slot}:${formatTensorType(type)}  ${formatBytes(bytes)}, ${event} at ${other}` +
    formatScope(scope)
  );
}

function formatStep(step: Step): string {
  const operands = (list: Step["inputs"]): string =>
    list.map(({ slot, type }) => `${slot}:${formatTensorType(type)}`).join(" ");
  return `${step.op} ${operands(step.inputs)} -> ${operands(step.outputs)}  ${formatCount(step.flops, "FLOP")}${formatScope(step.scope)}`;
}

function formatScope(scope: string): string {
  return scope === "" ? "" : `  in ${scope}`;
}
