import { referenceBackend } from "@tandem/backend-reference";
import type { Device, Executable } from "@tandem/core";
import { expect, test } from "vitest";
import { activityCounters, mostAtOnce } from "./activity.ts";
import { DeviceServer } from "./device-server.ts";
import type { Answer, DeviceInput, DeviceTraits, Request, WriteMessage } from "./protocol.ts";

const input: DeviceInput = {
  backend: "reference",
  index: 0,
  options: { threads: 1, simd: "auto", tune: "off", profile: false },
};

/** A device whose work ends when it is told to, as that of a GPU does. */
class SlowDevice implements Device {
  readonly name = "slow:0";
  readonly backend: Device["backend"] = referenceBackend;
  readonly limits: DeviceTraits["limits"] = { memoryBytes: 100 };
  /** What it was asked, in order. */
  readonly asked: string[] = [];
  readonly #unfinished: (() => void)[] = [];

  finish(): void {
    for (const resolve of this.#unfinished.splice(0)) resolve();
  }

  async reserve(): Promise<void> {}
  async release(): Promise<void> {}

  write(slot: number): void {
    if (slot === 13) throw new RangeError("there is no slot 13");
    this.asked.push(`write ${slot}`);
  }

  async read(slot: number, bytes: number): Promise<ArrayBuffer> {
    await this.#work(`read ${slot}`);
    return new ArrayBuffer(bytes);
  }

  async load(): Promise<Executable> {
    return {
      submit: async (segment) => {
        await this.#work(`submit ${segment}`);
        return undefined;
      },
      [Symbol.dispose]: () => undefined,
    };
  }

  async memoryUse(): Promise<{ allocatedBytes: number; peakBytes: number }> {
    return { allocatedBytes: 0, peakBytes: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.asked.push("close");
  }

  #work(what: string): Promise<void> {
    this.asked.push(what);
    return new Promise((resolve) => this.#unfinished.push(resolve));
  }
}

const program = { device: 0, slots: [], constants: [], stream: [], peakBytes: 0 };

interface Served {
  readonly device: SlowDevice;
  readonly answers: Answer[];
  tell(...messages: readonly (Request | WriteMessage)[]): Promise<void>;
}

/** A server that has opened a slow device, as request 0, and loaded a program, as request 1. */
async function served(activity?: SharedArrayBuffer): Promise<Served> {
  const device = new SlowDevice();
  const answers: Answer[] = [];
  const server = new DeviceServer(
    (answer) => answers.push(answer),
    async () => device,
  );
  const tell = async (...messages: readonly (Request | WriteMessage)[]): Promise<void> => {
    for (const message of messages) server.receive(message);
    await new Promise((resolve) => setImmediate(resolve));
  };
  await tell({ kind: "open", id: 0, input: activity === undefined ? input : { ...input, activity } });
  await tell({ kind: "load", id: 1, program });
  expect(answers.splice(0)).toEqual([
    { id: 0, value: { limits: device.limits } },
    { id: 1, value: 0 },
  ]);
  return { device, answers, tell };
}

const submit = (id: number, segment: number): Request => ({ kind: "submit", id, executable: 0, segment, bindings: [] });
const write = (slot: number): WriteMessage => ({ kind: "write", slot, data: new Uint8Array(4) });

test("requests are issued in order, and none waits for an earlier one to finish", async () => {
  const { device, answers, tell } = await served();
  await tell(submit(2, 0), write(5), submit(3, 1), { kind: "read", id: 4, slot: 6, bytes: 8 });
  expect(device.asked).toEqual(["submit 0", "write 5", "submit 1", "read 6"]);
  expect(answers).toEqual([]);
  device.finish();
  await tell();
  expect(answers).toEqual([
    { id: 2, value: undefined },
    { id: 3, value: undefined },
    { id: 4, value: new ArrayBuffer(8) },
  ]);
});

test("a device is closed when everything else it was asked is answered", async () => {
  const { device, answers, tell } = await served();
  await tell(submit(2, 0), { kind: "close", id: 3 });
  expect(device.asked).toEqual(["submit 0"]);
  device.finish();
  await tell();
  expect(device.asked).toEqual(["submit 0", "close"]);
  expect(answers.map(({ id }) => id)).toEqual([2, 3]);
});

test("a write that went wrong is told by the next answer, and by no other", async () => {
  const { answers, tell } = await served();
  await tell(write(13), { kind: "memoryUse", id: 2 }, { kind: "memoryUse", id: 3 });
  expect(answers).toHaveLength(2);
  expect(answers).toContainEqual({ id: 2, error: expect.objectContaining({ message: "there is no slot 13" }) });
  expect(answers).toContainEqual({ id: 3, value: { allocatedBytes: 0, peakBytes: 0 } });
});

test("a device with several submissions to run counts as one that computes", async () => {
  const activity = activityCounters();
  const { device, tell } = await served(activity);
  await tell(submit(2, 0), submit(3, 1));
  expect([...new Int32Array(activity)]).toEqual([1, 1]);
  device.finish();
  await tell();
  expect([...new Int32Array(activity)]).toEqual([0, 1]);
  expect(mostAtOnce(activity)).toBe(1);
});

test("what is asked of a device that is not open is refused", async () => {
  const answers: Answer[] = [];
  const server = new DeviceServer((answer) => answers.push(answer));
  server.receive({ kind: "memoryUse", id: 0 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(answers).toMatchObject([{ id: 0, error: { name: "BackendError" } }]);
});
