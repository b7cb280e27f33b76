import { expect, test } from "vitest";
import type { TransferProfile } from "./profile.ts";
import type { Program } from "./program.ts";
import { TransferTimes } from "./transfer-times.ts";

const program: Program = {
  version: 1,
  devices: [],
  inputs: [],
  outputs: [],
  transfers: [
    { from: 0, to: 1, bytes: 12, scope: "conv3" },
    { from: 1, to: 0, bytes: 8, scope: "fc6" },
  ],
};

interface Watched {
  readonly times: TransferTimes;
  readonly records: readonly TransferProfile[];
  /** Sets the clock, and lets everything happen that follows from what has settled. */
  at(milliseconds: number): Promise<void>;
}

function watched(): Watched {
  const records: TransferProfile[] = [];
  let time = 0;
  const watch = { now: () => time, record: (profile: TransferProfile) => records.push(profile) };
  const times = new TransferTimes(program, ["gpu:0", "gpu:1"], watch);
  const at = async (milliseconds: number): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    time = milliseconds;
  };
  return { times, records, at };
}

interface Settled {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

function pending(): Settled {
  const settle: Partial<Settled> = {};
  const promise = new Promise<void>((resolve, reject) => Object.assign(settle, { resolve, reject }));
  return { promise, resolve: () => settle.resolve?.(), reject: (error) => settle.reject?.(error) };
}

const conv3 = { transfer: 0, from: "gpu:0", to: "gpu:1", scope: "conv3", bytes: 12 };

test("a transfer is sent from when its value exists to when the host has it, and received when it is handed over", async () => {
  const { times, records, at } = watched();
  const [computed, data] = [pending(), pending()];
  await at(10);
  times.send(0, computed.promise, data.promise);
  await at(20);
  computed.resolve();
  await at(23);
  data.resolve();
  await at(24);
  const hasTaken = times.receive(0);
  await at(25);
  hasTaken();
  expect(records).toEqual([{ ...conv3, sent: { start: 20, end: 23 }, received: { start: 24, end: 25 } }]);
});

test("news that a value exists may come after the value", async () => {
  const { times, records, at } = watched();
  const [computed, data] = [pending(), pending()];
  times.send(0, computed.promise, data.promise);
  await at(5);
  data.resolve();
  await at(6);
  times.receive(0)();
  await at(9);
  computed.resolve();
  await at(10);
  expect(records).toEqual([{ ...conv3, sent: { start: 5, end: 5 }, received: { start: 6, end: 6 } }]);
});

test("a value that was there from the start is sent from when it is asked for", async () => {
  const { times, records, at } = watched();
  const data = pending();
  await at(3);
  times.send(1, undefined, data.promise);
  await at(7);
  data.resolve();
  await at(8);
  times.receive(1)();
  expect(records).toMatchObject([{ from: "gpu:1", to: "gpu:0", sent: { start: 3, end: 7 } }]);
});

test("nothing is told of a transfer that failed", async () => {
  const { times, records, at } = watched();
  const data = pending();
  times.send(0, undefined, data.promise);
  data.reject(new Error("lost"));
  await at(1);
  expect(records).toEqual([]);
});
