import fc from "fast-check";
import { expect, test } from "vitest";
import { globalOrder } from "./global-order.ts";
import type { DeviceProgram, Operand, Program, Step, StreamItem } from "./program.ts";

const operand: Operand = { slot: 0, type: { dtype: "f32", shape: [] } };

const step = (id: number): Step => ({
  id,
  op: "map",
  attributes: {},
  inputs: [],
  outputs: [operand],
  scope: "",
  flops: 0,
  bytesMoved: 0,
  releases: [],
});
const segment = (...ids: readonly number[]): StreamItem => ({ kind: "segment", steps: ids.map(step) });
const send = (transfer: number): StreamItem => ({ kind: "send", transfer, operand });
const receive = (transfer: number): StreamItem => ({ kind: "receive", transfer, operand });

function programOf(...streams: readonly (readonly StreamItem[])[]): Program {
  const devices = streams.map(
    (stream, device): DeviceProgram => ({ device, slots: [], constants: [], stream, peakBytes: 0 }),
  );
  return { version: 1, devices, inputs: [], outputs: [], transfers: [] };
}

const asText = (program: Program): readonly string[] =>
  globalOrder(program).map(({ device, item }) =>
    item.kind === "step" ? `${device} step ${item.step.id}` : `${device} ${item.kind} ${item.transfer}`,
  );

test("steps come in the order of their numbers, and a value is received once it is sent", () => {
  const program = programOf([segment(0, 2), send(0), segment(4)], [segment(1), receive(0), segment(3)]);
  expect(asText(program)).toEqual([
    "0 step 0",
    "1 step 1",
    "0 step 2",
    "0 send 0",
    "1 receive 0",
    "1 step 3",
    "0 step 4",
  ]);
});

test("a device that waits lets the others go first", () => {
  const program = programOf([receive(0), segment(0)], [segment(1), send(0)]);
  expect(asText(program)).toEqual(["1 step 1", "1 send 0", "0 receive 0", "0 step 0"]);
});

test("devices that wait for each other have no order", () => {
  expect(() => globalOrder(programOf([receive(0), send(1)], [receive(1), send(0)]))).toThrow("wait for each other");
});

const lineOf =
  (device: number) =>
  (item: StreamItem): readonly string[] =>
    item.kind === "segment"
      ? item.steps.map(({ id }) => `${device} step ${id}`)
      : [`${device} ${item.kind} ${item.transfer}`];

test("any order keeps that of each device, and sends before it receives", () => {
  const events = fc.array(fc.record({ from: fc.nat(2), to: fc.nat(2), isTransfer: fc.boolean() }), { maxLength: 30 });
  fc.assert(
    fc.property(events, (list) => {
      const streams: StreamItem[][] = [[], [], []];
      for (const [id, { from, to, isTransfer }] of list.entries()) {
        if (isTransfer) {
          streams[from]?.push(send(id));
          streams[to]?.push(receive(id));
        } else {
          streams[from]?.push(segment(id));
        }
      }
      const order = asText(programOf(...streams));
      for (const [device, stream] of streams.entries()) {
        expect(order.filter((line) => line.startsWith(`${device} `))).toEqual(stream.flatMap(lineOf(device)));
      }
      for (const [id, { from, to, isTransfer }] of list.entries()) {
        if (isTransfer) expect(order.indexOf(`${from} send ${id}`)).toBeLessThan(order.indexOf(`${to} receive ${id}`));
      }
    }),
  );
});
