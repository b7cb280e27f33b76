import { BackendError } from "@tandem/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { host } from "#host";
import type { HelperThread } from "../host.ts";
import { DeviceMemory } from "../memory/device-memory.ts";
import { ThreadPool } from "./pool.ts";
import { PooledProgram } from "./pooled-program.ts";
import type { PlannedLaunch } from "./segment-plan.ts";
import { emptyLibrary, type TileFunction, tileFunctions } from "./tile-functions.test-support.ts";

const WORDS = 256;

interface Machine extends AsyncDisposable {
  readonly memory: DeviceMemory;
  readonly pool: ThreadPool;
  /** A program of one segment over slot 0, which lies in slot 0 of the memory. */
  program(launches: readonly PlannedLaunch[], isTimed?: boolean): Promise<PooledProgram>;
  words(): number[];
}

async function openMachine(threads: number): Promise<Machine> {
  const memory = new DeviceMemory("wasm:5", threads);
  memory.reserve([{ id: 0, bytes: 4 * WORDS }]);
  const library = await emptyLibrary();
  const pool = await ThreadPool.open({ name: "wasm:5", threads, memory: memory.shared, library });
  let programs = 0;
  return {
    memory,
    pool,
    async program(launches, isTimed = false) {
      const modules = await tileFunctions();
      const program = new PooledProgram(pool, { id: programs++, slots: 1, segments: [{ launches }], modules, isTimed });
      program.place(0, memory.addressOf(0, 4 * WORDS));
      return program;
    },
    words: () => [...new Int32Array(memory.read(0, 4 * WORDS))],
    [Symbol.asyncDispose]: () => pool.stop(),
  };
}

const launch = (name: TileFunction, tiles: number, options: Partial<PlannedLaunch> = {}): PlannedLaunch => ({
  step: 0,
  function: { kind: "generated", key: name },
  tiles,
  isShared: tiles > 1,
  arguments: [0, 0],
  addresses: [{ position: 0, slot: 0, byteOffset: 0 }],
  workspaces: [],
  ...options,
});

describe.each([1, 2, 4])("%i threads", (threads) => {
  test("run every tile of every launch once", async () => {
    await using machine = await openMachine(threads);
    const program = await machine.program([
      launch("increment", WORDS),
      launch("increment", 1),
      launch("increment", 100),
    ]);
    expect(program.run(0)).toBeUndefined();
    expect(machine.words()).toEqual(Array.from({ length: WORDS }, (_, word) => (word < 1 ? 3 : word < 100 ? 2 : 1)));
  });

  test("do so run after run, however late helpers come", async () => {
    await using machine = await openMachine(threads);
    const program = await machine.program([launch("increment", 2), launch("increment", WORDS), launch("increment", 2)]);
    const runs = 3000;
    for (let run = 0; run < runs; run++) expect(program.run(0)).toBeUndefined();
    expect(machine.words()).toEqual(Array.from({ length: WORDS }, (_, word) => (word < 2 ? 3 * runs : runs)));
  });

  test("finish a launch before the next one", async () => {
    await using machine = await openMachine(threads);
    const chain = Array.from({ length: 60 }, (_, index) =>
      index % 2 === 0
        ? launch("increment", WORDS)
        : launch("firstWord", WORDS, {
            addresses: [
              { position: 0, slot: 0, byteOffset: 0 },
              { position: 1, slot: 0, byteOffset: 4 * (WORDS - 1) },
            ],
          }),
    );
    expect((await machine.program(chain)).run(0)).toBeUndefined();
    expect(machine.words()).toEqual(Array<number>(WORDS).fill(30));
  });

  test("find words in their workspaces", async () => {
    await using machine = await openMachine(threads);
    const program = await machine.program([
      launch("firstWord", WORDS, { workspaces: [{ position: 1, words: [17, 4] }] }),
      launch("firstWord", 1, { workspaces: [{ position: 1, words: [5] }] }),
    ]);
    expect(program.run(0)).toBeUndefined();
    expect(machine.words()).toEqual([5, ...Array<number>(WORDS - 1).fill(17)]);
  });

  test("say which launch failed, whichever thread it was on, and go on with the next run", async () => {
    await using machine = await openMachine(threads);
    const failing = await machine.program([
      launch("increment", WORDS),
      launch("trapAtThree", WORDS),
      launch("increment", 9),
    ]);
    const sound = await machine.program([launch("increment", WORDS)]);
    for (let run = 0; run < 100; run++) {
      expect(failing.run(0)).toMatchObject({ launch: 1, cause: { message: expect.stringContaining("unreachable") } });
    }
    expect(sound.run(0)).toBeUndefined();
    expect(machine.words()).toEqual(Array<number>(WORDS).fill(101));
  });

  test("see a slot where it was moved to", async () => {
    await using machine = await openMachine(threads);
    const program = await machine.program([launch("increment", WORDS)]);
    program.run(0);
    machine.memory.reserve([{ id: 1, bytes: 4 * WORDS }]);
    program.place(0, machine.memory.addressOf(1, 4 * WORDS));
    program.run(0);
    program.run(0);
    expect(machine.words()).toEqual(Array<number>(WORDS).fill(1));
    expect([...new Int32Array(machine.memory.read(1, 4 * WORDS))]).toEqual(Array<number>(WORDS).fill(2));
  });

  test("note when they worked", async () => {
    await using machine = await openMachine(threads);
    const program = await machine.program([launch("increment", WORDS), launch("increment", 1)], true);
    const before = performance.timeOrigin + performance.now();
    program.run(0);
    const after = performance.timeOrigin + performance.now();
    const times = Array.from({ length: threads }, (_, thread) => program.timeline?.read(thread, 0)).filter(
      (time) => time !== undefined,
    );
    expect(times.length).toBeGreaterThan(0);
    // Threads of a machine may see its clock a millisecond apart.
    expect(times.every(({ start, end }) => before - 1 <= start && start <= end && end <= after + 1)).toBe(true);
    expect(program.timeline?.read(0, 1)).toBeDefined();
  });
});

test("helpers see memory that grew after they had started", async () => {
  await using machine = await openMachine(2);
  const program = await machine.program([launch("fill", WORDS * 2 ** 10)], true);
  const bytes = 4 * WORDS * 2 ** 10;
  let isHelped = false;
  for (let slot = 1; slot < 200 && !isHelped; slot++) {
    machine.memory.reserve([{ id: slot, bytes }]);
    program.place(0, machine.memory.addressOf(slot, bytes));
    expect(program.run(0)).toBeUndefined();
    expect(new Set(new Uint8Array(machine.memory.read(slot, bytes)))).toEqual(new Set([7]));
    isHelped = program.timeline?.read(1, 0) !== undefined;
  }
  expect(isHelped).toBe(true);
});

test("a failure that only helpers have is told too", async () => {
  await using machine = await openMachine(2);
  const address = machine.memory.addressOf(0, 4);
  // The device's own thread has another workspace than its helper, so that one of these two traps in the helper alone.
  const ownWorkspace = 65536;
  expect(address).not.toBe(ownWorkspace);
  const program = await machine.program([
    launch("trapWhereDifferent", 2 ** 20, {
      addresses: [],
      arguments: [0, ownWorkspace],
      workspaces: [{ position: 0, words: [] }],
    }),
  ]);
  let failure: ReturnType<PooledProgram["run"]>;
  for (let run = 0; run < 1000 && failure === undefined; run++) failure = program.run(0);
  expect(failure).toMatchObject({ launch: 0, cause: { message: expect.stringContaining("unreachable") } });
});

describe("a helper that ends", () => {
  afterEach(() => void vi.restoreAllMocks());

  test("fails what is run from then on, and hangs nothing", async () => {
    const helpers: HelperThread[] = [];
    const start = host.startHelper;
    vi.spyOn(host, "startHelper").mockImplementation((name) => {
      const helper = start(name);
      helpers.push(helper);
      return helper;
    });
    await using machine = await openMachine(3);
    const program = await machine.program([launch("increment", WORDS)]);
    expect(program.run(0)).toBeUndefined();
    await helpers[1]?.stop();
    await vi.waitFor(() => expect(() => program.run(0)).toThrow(BackendError));
    expect(() => program.run(0)).toThrow("wasm:5: one of its threads ended");
  });
});
