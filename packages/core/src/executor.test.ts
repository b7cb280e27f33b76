// Devices run at their own pace: none waits for a transfer before it needs the value.
import { expect, test } from "vitest";
import type { Backend, Device } from "./backend.ts";
import { compile } from "./compile.ts";
import { DeviceGroup } from "./device-group.ts";
import { hostTensor } from "./host-tensor.ts";
import type { DeviceProgram } from "./program.ts";
import { segmentsOf } from "./program.ts";
import { logicalDevice, spec } from "./type.ts";

const backend: Backend = { name: "made up", memory: "slots", supports: () => true };

/** Computes nothing and writes down the scopes of what it is given; values it is asked for come when `delivered` resolves. */
function recordingDevice(name: string, log: string[], delivered: Promise<void>): Device {
  return {
    name,
    backend,
    limits: { memoryBytes: 1e9 },
    reserve: async () => {},
    release: async () => {},
    write: () => {},
    read: async (_, bytes) => {
      await delivered;
      return new ArrayBuffer(bytes);
    },
    load: async (program: DeviceProgram) => ({
      submit: async (segment) => {
        const steps = segmentsOf(program)[segment] ?? [];
        log.push(...steps.map(({ scope, op }) => `${name} ${scope === "" ? op : scope}`));
        return undefined;
      },
      [Symbol.dispose]: () => {},
    }),
    memoryUse: async () => ({ allocatedBytes: 0, peakBytes: 0 }),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Long enough for whatever waits for no device. */
async function issued(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await undefined;
}

test("while a value travels, its sender and its receiver are given all that does not need it", async () => {
  const [here, there] = [logicalDevice(0), logicalDevice(1)];
  const log: string[] = [];
  let deliver = (): void => {};
  const delivered = new Promise<void>((resolve) => {
    deliver = resolve;
  });
  const devices = new DeviceGroup(["a", "b"].map((name) => recordingDevice(name, log, delivered)));
  const matrix = [64, 64];
  const program = await compile(
    ({ x, y }) => {
      const sent = x.matmul(x);
      const receiverOwn = y.matmul(y);
      const answer = receiverOwn.add(sent.to(there).exp());
      return { senderOwn: sent.matmul(x).sum(), answer: answer.sum() };
    },
    { x: spec("f32", matrix, here), y: spec("f32", matrix, there) },
    { devices },
  );
  const { outputs } = program.run({ x: hostTensor("f32", matrix, 1), y: hostTensor("f32", matrix, 1) });
  await issued();
  expect(log.toSorted()).toEqual(["a matmul", "a matmul", "a reduce", "b matmul"]);
  deliver();
  await outputs;
  expect(log.slice(4)).toEqual(["b map", "b reduce"]);
});
