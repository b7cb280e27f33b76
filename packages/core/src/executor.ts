// Runs a program: issues each device's stream at its own pace, with transfers as the only thing one device waits for another for.
import type { Device, Executable } from "./backend.ts";
import { operand } from "./op.ts";
import type { ProfileListener, TransferWatch } from "./profile.ts";
import type { DeviceProgram, Program } from "./program.ts";
import { TransferTimes } from "./transfer-times.ts";
import { byteLength } from "./type.ts";

export interface LoadedDevice {
  readonly device: Device;
  readonly program: DeviceProgram;
  readonly executable: Executable;
  /** The device's slot for each slot of the program. */
  readonly bindings: readonly number[];
}

export interface IssuedRun {
  /** Bytes of each output that is read back, by name. */
  readonly reads: ReadonlyMap<string, Promise<ArrayBuffer>>;
  /** Settles when every segment has run. */
  readonly completion: Promise<void>;
}

/** Who is told of what a run did. */
export interface RunListeners {
  readonly segments?: ProfileListener | undefined;
  readonly transfers?: TransferWatch | undefined;
}

/**
 * Writes the inputs, submits every segment and requests every output. Resolves when all of that is issued, which on a single
 * device is at once: nothing here waits for a computation, except for data that another device has yet to send.
 */
export async function issueRun(
  program: Program,
  loaded: readonly LoadedDevice[],
  inputs: ReadonlyMap<string, ArrayBufferView>,
  { segments: listener, transfers: watch }: RunListeners = {},
): Promise<IssuedRun> {
  for (const { name, targets, isState } of program.inputs) {
    const data = inputs.get(name);
    if (isState || data === undefined) continue;
    for (const target of targets) {
      const { device, bindings } = operand(loaded, target.device);
      device.write(operand(bindings, target.operand.slot), data);
    }
  }
  const transfers = program.transfers.map(() => deferred<ArrayBuffer>());
  for (const { promise } of transfers) promise.catch(() => undefined);
  const times =
    watch === undefined
      ? undefined
      : new TransferTimes(
          program,
          loaded.map(({ device }) => device.name),
          watch,
        );
  const submissions: Promise<void>[] = [];
  const submit = async (
    { device, program: deviceProgram, executable, bindings }: LoadedDevice,
    segment: number,
  ): Promise<void> => {
    const timings = await executable.submit(segment, bindings);
    if (timings !== undefined) listener?.({ device: device.name, program: deviceProgram, segment, timings });
  };
  const reads = new Map<string, Promise<ArrayBuffer>>();

  const issueStream = async (position: number): Promise<void> => {
    const loadedDevice = operand(loaded, position);
    const { device, program: deviceProgram, bindings } = loadedDevice;
    let segment = 0;
    let latest: Promise<void> | undefined;
    for (const item of deviceProgram.stream) {
      switch (item.kind) {
        case "segment":
          latest = submit(loadedDevice, segment++);
          submissions.push(latest);
          break;
        case "send": {
          const data = device.read(operand(bindings, item.operand.slot), byteLength(item.operand.type));
          operand(transfers, item.transfer).resolve(data);
          times?.send(item.transfer, latest, data);
          break;
        }
        case "receive": {
          const data = new Uint8Array(await operand(transfers, item.transfer).promise);
          const hasTaken = times?.receive(item.transfer);
          device.write(operand(bindings, item.operand.slot), data);
          hasTaken?.();
          break;
        }
      }
    }
    for (const output of program.outputs) {
      if (output.device !== position || output.replaces !== undefined) continue;
      reads.set(output.name, device.read(operand(bindings, output.operand.slot), byteLength(output.operand.type)));
    }
  };

  const streams = loaded.map((_, position) =>
    issueStream(position).catch((error: unknown) => {
      for (const transfer of transfers) transfer.reject(error);
      throw error;
    }),
  );
  const issued = await Promise.allSettled(streams);
  const completion = Promise.all([...submissions, ...issued.map(rethrow)]).then(() => undefined);
  completion.catch(() => undefined);
  for (const read of reads.values()) read.catch(() => undefined);
  return { reads, completion };
}

async function rethrow(result: PromiseSettledResult<void>): Promise<void> {
  if (result.status === "rejected") throw result.reason;
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T | Promise<T>): void;
  reject(reason: unknown): void;
}

function deferred<T>(): Deferred<T> {
  let settle: Pick<Deferred<T>, "resolve" | "reject"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, resolve: (value) => settle?.resolve(value), reject: (reason) => settle?.reject(reason) };
}
