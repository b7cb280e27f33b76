// This project's backend as a contender. Each task gets devices of its own, so that nothing is left of the one before.
import type { Capabilities } from "@tandem/backend-webgpu";
import type { OpenedDevices } from "@tandem/devices";
import type { Model } from "@tandem/models";
import type { Contender, Measured } from "../contender.ts";
import type { Task } from "../task.ts";
import { openChosen, type TandemChoice } from "./chosen-devices.ts";
import { prepareOperation } from "./operation.ts";
import { pipelinedSeconds } from "./pipelined.ts";
import { prepareStep, trainingOptions } from "./training.ts";

interface Work {
  readonly note: string;
  run(): Promise<unknown>;
}

/** `model` is what a training step trains; a step's task says what a peer needs to know of it. */
export class TandemContender implements Contender {
  readonly name = "tandem";
  readonly library = "tandem";
  readonly details: Readonly<Record<string, string>>;
  /** Of the first device, where it is on an adapter. */
  readonly capabilities: Capabilities | undefined;
  readonly #choice: TandemChoice;
  readonly #model: Model | undefined;
  #prepared: { readonly task: Task; readonly devices: OpenedDevices; readonly work: Work } | undefined;

  private constructor(choice: TandemChoice, model: Model | undefined, devices: OpenedDevices) {
    this.#choice = choice;
    this.#model = model;
    this.details = { devices: devices.description };
    this.capabilities = devices.adapters[0];
  }

  /** Throws UsageError for devices that do not exist. */
  static async open(choice: TandemChoice, model?: Model): Promise<TandemContender> {
    await using devices = await openChosen(choice);
    return new TandemContender(choice, model, devices);
  }

  async measure(task: Task, milliseconds: number): Promise<Measured> {
    const work = await this.#prepare(task);
    const seconds = await pipelinedSeconds(() => work.run(), milliseconds);
    const residentBytes = process.resourceUsage().maxRSS * 1024;
    return { kind: "measured", seconds, note: work.note, residentBytes };
  }

  async #prepare(task: Task): Promise<Work> {
    if (this.#prepared?.task === task) return this.#prepared.work;
    await this[Symbol.asyncDispose]();
    const devices = await openChosen(this.#choice);
    const work = await this.#load(task, devices);
    this.#prepared = { task, devices, work };
    return work;
  }

  async #load(task: Task, devices: OpenedDevices): Promise<Work> {
    if (task.kind !== "step") {
      const { run, ops } = await prepareOperation(task, devices);
      return { run, note: ops.join(", ") };
    }
    if (this.#model === undefined) throw new TypeError("a contender without a model was asked for a training step");
    const { run, kernels } = await prepareStep(trainingOptions(this.#model, task.batch), devices);
    return { run, note: `${kernels} kernels` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#prepared?.devices[Symbol.asyncDispose]();
    this.#prepared = undefined;
  }
}
