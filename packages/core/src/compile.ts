// From a function to something that runs: trace it, lower it for the devices, check that it fits, load it.
import type { Backend } from "./backend.ts";
import type { DeviceGroup } from "./device-group.ts";
import { hostArray } from "./dtype.ts";
import { DonationError, MemoryError, UsageError } from "./errors.ts";
import { type IssuedRun, issueRun, type LoadedDevice } from "./executor.ts";
import { explainProgram } from "./explain.ts";
import { asInput, type HostTensor, isHostTensor } from "./host-tensor.ts";
import { operand } from "./op.ts";
import { lowerToProgram } from "./pipeline.ts";
import type { Program, ProgramOutput } from "./program.ts";
import { elementCount } from "./shape.ts";
import { State } from "./state.ts";
import type { Tensor } from "./tensor.ts";
import { type Specs, type TensorOutputs, type TensorsOf, trace } from "./trace.ts";
import { leaves, type MapTree, mapTree } from "./tree.ts";
import { formatTensorType, isTensorType, logicalDevice, type TensorType } from "./type.ts";

export interface StateNames<D extends string = string, B extends string = string> {
  /** State inputs that the output of the same name replaces, in the same memory. */
  readonly donate?: readonly D[];
  /** State inputs that are only read. */
  readonly borrow?: readonly B[];
}

/** For each input by name: `State` where it is donated or borrowed, else a nesting of host tensors, or a number for a scalar. */
export type HostInputs = { readonly [name: string]: object | number };

/** For each donated name, state nested as the output that replaces it. */
export type DonatedState<O, D extends string> = {
  readonly [name in D]: State<name extends keyof O ? MapTree<O[name], Tensor, HostTensor> : never>;
};

export interface Run<O, D extends string> {
  /** The state that replaces each donated one; usable at once. */
  readonly state: DonatedState<O, D>;
  /** Every other output, on the host. */
  readonly outputs: Promise<MapTree<Omit<O, D>, Tensor, HostTensor>>;
}

/** What `compile` would load, without devices. */
export function plan<S extends Specs, O extends TensorOutputs>(
  fn: (inputs: TensorsOf<S>) => O,
  specs: S,
  { backends, donate = [], borrow = [] }: StateNames & { readonly backends: readonly Backend[] },
): Program {
  const stateInputs = stateLeafNames(specs, [...donate, ...borrow]);
  return lowerToProgram(trace(fn, specs, donate).graph, { backends, stateInputs });
}

/** Compiles `fn` for the devices. Rejects with MemoryError, before anything runs, if the plan does not fit. */
export async function compile<
  S extends Specs,
  O extends TensorOutputs,
  D extends string = never,
  B extends string = never,
>(
  fn: (inputs: TensorsOf<S>) => O,
  specs: S,
  { devices, donate = [], borrow = [] }: StateNames<D, B> & { readonly devices: DeviceGroup },
): Promise<Compiled<O, D>> {
  const backends = devices.devices.map((device) => device.backend);
  const { graph, outputNames } = trace(fn, specs, donate);
  const program = lowerToProgram(graph, { backends, stateInputs: stateLeafNames(specs, [...donate, ...borrow]) });
  for (const { device, peakBytes } of program.devices) {
    const { name, limits } = operand(devices.devices, device);
    if (peakBytes > limits.memoryBytes) {
      throw new MemoryError(name, peakBytes, limits.memoryBytes, {
        hint: "use a smaller batch, or spread the model over more devices",
      });
    }
  }
  const loaded = await Promise.all(
    program.devices.map(async (deviceProgram) => {
      const device = operand(devices.devices, deviceProgram.device);
      const slots = await devices.bind(deviceProgram);
      return { device, program: deviceProgram, executable: await device.load(deviceProgram), slots };
    }),
  );
  return new Compiled<O, D>(program, specs, outputNames, donate, borrow, devices, loaded);
}

interface BoundDevice extends Omit<LoadedDevice, "bindings"> {
  readonly slots: Awaited<ReturnType<DeviceGroup["bind"]>>;
}

export class Compiled<O extends TensorOutputs, D extends string> implements AsyncDisposable {
  readonly program: Program;
  readonly #specs: Specs;
  readonly #outputNames: MapTree<O, Tensor, string>;
  readonly #donate: readonly D[];
  readonly #borrow: readonly string[];
  readonly #group: DeviceGroup;
  readonly #loaded: readonly BoundDevice[];

  constructor(
    program: Program,
    specs: Specs,
    outputNames: MapTree<O, Tensor, string>,
    donate: readonly D[],
    borrow: readonly string[],
    group: DeviceGroup,
    loaded: readonly BoundDevice[],
  ) {
    this.program = program;
    this.#specs = specs;
    this.#outputNames = outputNames;
    this.#donate = donate;
    this.#borrow = borrow;
    this.#group = group;
    this.#loaded = loaded;
  }

  /** Planned bytes of each device, state included. */
  get peakBytes(): readonly number[] {
    return this.program.devices.map((device) => device.peakBytes);
  }

  /** Steps, FLOPs, bytes moved, buffer slots and peak memory of each device, as text. */
  explain(): string {
    return explainProgram(this.program, this.#group.devices);
  }

  /**
   * Starts a run and returns without waiting for it. Donated state is consumed; host inputs may be reused when this returns.
   * Throws if an input does not fit; `outputs` rejects if the run fails.
   */
  run(inputs: HostInputs): Run<O, D> {
    const states = new Map<string, State>();
    const host = new Map<string, ArrayBufferView>();
    for (const [name, spec] of Object.entries(this.#specs)) this.#collect(name, spec, inputs[name], states, host);
    const unknown = Object.keys(inputs).find((name) => !(name in this.#specs));
    if (unknown !== undefined) {
      throw new UsageError(`there is no input "${unknown}"`, {
        hint: `the inputs are ${Object.keys(this.#specs).join(", ")}`,
      });
    }
    const loaded = this.#bindState(states);
    const successors = this.#donate.map(
      (name) => [name, states.get(name)?.donate(`the run that took it as "${name}"`)] as const,
    );
    const data = this.#group.isBusy ? new Map([...host].map(([name, view]) => [name, copyOf(view)])) : host;
    const listeners = { segments: this.#group.profileListener, transfers: this.#group.transferWatch };
    const issued = this.#group.serialize(() => issueRun(this.program, loaded, data, listeners));
    return {
      state: Object.fromEntries(successors) as DonatedState<O, D>,
      outputs: this.#readBack(issued),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { executable } of this.#loaded) executable[Symbol.dispose]();
    await this.#group.unbind(this.#loaded.map(({ program, slots }) => ({ device: program.device, slots })));
  }

  #collect(
    name: string,
    spec: object,
    value: HostInputs[string] | undefined,
    states: Map<string, State>,
    host: Map<string, ArrayBufferView>,
  ): void {
    const isStateInput = [...this.#donate, ...this.#borrow].includes(name);
    if (isStateInput !== value instanceof State) {
      throw new UsageError(`input "${name}" must be ${isStateInput ? "state on the devices" : "on the host"}`, {
        hint: isStateInput ? "place host tensors with devices.place()" : "read state back with state.read()",
      });
    }
    if (value instanceof State) {
      states.set(name, value);
      return;
    }
    const found = new Map(
      leaves<HostTensor | number>(value ?? {}, isHostInput, name).map((leaf) => [leaf.name, leaf.leaf]),
    );
    for (const { name: leafName, leaf: type } of leaves<TensorType>(spec, isTensorType, name)) {
      const given = found.get(leafName);
      if (given === undefined)
        throw new UsageError(`input ${leafName} is missing`, { hint: `it is ${formatTensorType(type)}` });
      host.set(leafName, asInput(leafName, type, given).data);
    }
  }

  /** The loaded devices with this run's state in its slots. */
  #bindState(states: ReadonlyMap<string, State>): LoadedDevice[] {
    const bindings = this.#loaded.map(({ slots }) => [...slots.bindings]);
    const entries = new Map(
      [...states].flatMap(([top, state]) =>
        [...state.entries].map(([name, entry]) => [name === "" ? top : `${top}.${name}`, entry]),
      ),
    );
    for (const input of this.program.inputs) {
      if (!input.isState) continue;
      const target = operand(input.targets, 0);
      const entry = entries.get(input.name);
      const expected = `${formatTensorType(target.operand.type)} on ${logicalDevice(target.device)}`;
      const found = entry === undefined ? "nothing" : `${formatTensorType(entry.type)} on ${entry.type.device}`;
      if (entry === undefined || found !== expected) {
        throw new DonationError(`state ${input.name} should be ${expected}, found ${found}`, {
          hint: "place the state as the program's specs say",
        });
      }
      operand(bindings, target.device)[target.operand.slot] = entry.slot;
    }
    return this.#loaded.map(({ device, program, executable }, index) => ({
      device,
      program,
      executable,
      bindings: operand(bindings, index),
    }));
  }

  async #readBack(issued: Promise<IssuedRun>): Promise<MapTree<Omit<O, D>, Tensor, HostTensor>> {
    const { reads, completion } = await issued;
    await completion;
    const outputs = new Map<string, HostTensor>();
    for (const output of this.program.outputs) {
      const bytes = await reads.get(output.name);
      if (bytes !== undefined) outputs.set(output.name, readOutput(output, bytes));
    }
    const wanted = Object.entries(this.#outputNames).filter(
      ([name]) => !this.#donate.some((donated) => donated === name),
    );
    const isName = (candidate: unknown): candidate is string => typeof candidate === "string";
    const tree: unknown = mapTree(Object.fromEntries(wanted), isName, (name) => outputs.get(name));
    return tree as MapTree<Omit<O, D>, Tensor, HostTensor>;
  }
}

function readOutput({ operand: { type } }: ProgramOutput, bytes: ArrayBuffer): HostTensor {
  return { dtype: type.dtype, shape: type.shape, data: hostArray(type.dtype, elementCount(type.shape), bytes) };
}

function isHostInput(candidate: unknown): candidate is HostTensor | number {
  return typeof candidate === "number" || isHostTensor(candidate);
}

function copyOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
}

function stateLeafNames(specs: Specs, names: readonly string[]): ReadonlySet<string> {
  return new Set(
    names.flatMap((name) => {
      const tree = specs[name];
      if (tree === undefined) throw new UsageError(`"${name}" is named as state but is not an input`);
      return leaves<TensorType>(tree, isTensorType, name).map((leaf) => leaf.name);
    }),
  );
}

/** Traces, compiles and runs a function once: for exploring and for tests. */
export async function evaluate<I extends { readonly [name: string]: object }, O extends TensorOutputs>(
  fn: (inputs: MapTree<I, HostTensor, Tensor>) => O,
  inputs: I,
  { devices }: { readonly devices: DeviceGroup },
): Promise<MapTree<O, Tensor, HostTensor>> {
  const specs = mapTree(
    inputs,
    isHostTensor,
    ({ dtype, shape }): TensorType => ({ dtype, shape, device: logicalDevice(0) }),
  );
  const compiled = await compile(fn as unknown as (inputs: TensorsOf<Specs>) => O, specs as unknown as Specs, {
    devices,
  });
  try {
    return (await compiled.run(inputs).outputs) as MapTree<O, Tensor, HostTensor>;
  } finally {
    await compiled[Symbol.asyncDispose]();
  }
}
