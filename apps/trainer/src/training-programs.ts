// What the devices run: a training step that replaces the state, and a prediction that only reads it.
import {
  type Backend,
  compile,
  type DeviceGroup,
  DeviceLostError,
  elementCount,
  type HostArray,
  type HostTensor,
  hostTensor,
  logicalDevice,
  MemoryError,
  operand,
  type Program,
  plan,
  type State,
  softmax,
  spec,
  summarizeProgram,
  type Tensor,
  type TensorType,
} from "@tandem/core";
import type { Batch } from "@tandem/data";
import type { ModelParameters } from "@tandem/models";
import { dataParallelGradients, finiteGuard, type Shard, shardsOf } from "@tandem/nn";
import { largestThat } from "./largest-that.ts";
import { type ModelState, type StateOptions, scaling, stateSpecs, type TrainingState } from "./training-state.ts";

export interface ProgramOptions extends StateOptions {
  /** Pictures a step. */
  readonly batch: number;
  /** How many devices have a part of the batch each; 1 by default. */
  readonly replicas?: number;
}

type Parameters = { readonly parameters: ModelParameters<Tensor> };

interface StepSettings {
  readonly learningRate: number;
  readonly seed: number;
  /** Steps taken before this one. */
  readonly step: number;
}

export interface StepResult {
  /** Mean over the batch. */
  readonly loss: number;
  /** Pictures of the batch whose likeliest class was not theirs. */
  readonly wrong: number;
  /** What the loss was multiplied by before it was differentiated, in f16. */
  readonly lossScale?: number;
}

/** The same on each replica's device. */
export type Replicated<T> = State<readonly T[]>;

export interface TrainingPrograms extends AsyncDisposable {
  /** Copies what the programs need from the host to the devices. */
  place<T extends Pick<ModelState, "parameters">>(state: T): Promise<Replicated<T>>;
  /** Takes a step; the new state can be used at once, the result comes later. */
  step(state: Replicated<ModelState>, batch: Batch, settings: StepSettings): SubmittedStep;
  /** Softmax outputs [batch, classes]. The state is only read. */
  predict(state: Replicated<Pick<ModelState, "parameters">>, batch: Batch): Promise<HostArray>;
  /** FLOPs, bytes moved and peak memory of a training step on each device. */
  summarize(): string;
  /** The same, and every step. */
  explain(): string;
}

interface SubmittedStep {
  readonly state: Replicated<ModelState>;
  readonly result: Promise<StepResult>;
}

/**
 * Compiles both programs for `devices`. Each replica is fed its pictures; those of towers, and all settings, are fed to device 0's
 * name, and uploaded where they are needed.
 *
 * @throws MemoryError, naming the batch that would fit, if a training step needs more memory than a device has.
 */
export async function compilePrograms(options: ProgramOptions, devices: DeviceGroup): Promise<TrainingPrograms> {
  const { model, replicas = 1 } = options;
  const shards = shardsOf(options.batch, replicas);
  const specs = trainingSpecs(options);
  const training = await compile(trainingStep(options), specs, { devices, donate: ["state"] }).catch(
    (error: unknown) => {
      throw error instanceof MemoryError ? suggestBatch(error, options, devices) : error;
    },
  );
  const prediction = await compile(
    ({ state, images }: Pick<TrainingInputs<Tensor>, "images"> & { readonly state: readonly Parameters[] }) => ({
      probabilities: state.map(({ parameters }, replica) =>
        softmax(model.logits(parameters, operand(images, replica), { training: false })),
      ),
    }),
    { state: specs.state.map(({ parameters }) => ({ parameters })), images: specs.images },
    { devices, borrow: ["state"] },
  );
  const imagesOf = (batch: Batch): readonly HostTensor[] => partsOf(specs.images, shards, batch.images);
  const deviceOf = (name: string): string =>
    replicas === 1 ? model.deviceOf(name) : logicalDevice(Number(name.split(".")[0]));
  return {
    place: (state) =>
      devices.place(
        shards.map(() => state),
        deviceOf,
      ),
    step(state, batch, settings) {
      const labels = partsOf(specs.labels, shards, batch.labels);
      const run = training.run({ state, images: imagesOf(batch), labels, ...settings });
      return { state: run.state.state, result: run.outputs.then(readStepResult) };
    },
    predict: async (state, batch) => {
      const { probabilities } = await prediction.run({ state, images: imagesOf(batch) }).outputs;
      return joined(probabilities.map(({ data }) => data));
    },
    summarize: () => summarizeProgram(training.program, devices.devices),
    explain: () => training.explain(),
    [Symbol.asyncDispose]: () =>
      unlessLost(async () => {
        await training[Symbol.asyncDispose]();
        await prediction[Symbol.asyncDispose]();
      }),
  };
}

/** What `compilePrograms` would load for the training step, without devices. */
export function planTrainingStep(options: ProgramOptions, backends: readonly Backend[]): Program {
  return plan(trainingStep(options), trainingSpecs(options), { backends, donate: ["state"] });
}

/** What a training step takes, by name. */
export type TrainingInputs<L> = {
  /** A list has one entry for each replica. */
  readonly state: readonly TrainingState<L>[];
  readonly images: readonly L[];
  readonly labels: readonly L[];
  readonly learningRate: L;
  readonly seed: L;
  readonly step: L;
};

export function trainingSpecs(options: ProgramOptions): TrainingInputs<TensorType> {
  const { model, batch, replicas = 1 } = options;
  const { height, width, channels } = model.architecture.input;
  const shards = shardsOf(batch, replicas);
  return {
    state: stateSpecs(options, replicas),
    images: shards.map(({ count }, replica) => spec("f32", [count, height, width, channels], logicalDevice(replica))),
    labels: shards.map(({ count }, replica) => spec("i32", [count], logicalDevice(replica))),
    learningRate: spec("f32", []),
    seed: spec("u32", []),
    step: spec("u32", []),
  };
}

/** The loss of the batch, and how many of its pictures were classified wrongly, are the sums over the replicas. */
export type StepOutputs = Pick<TrainingInputs<Tensor>, "state"> & {
  readonly [name in "loss" | "wrong"]: readonly Tensor[];
} & { readonly lossScale?: Tensor };

/** Loss, gradients and update as one function to be compiled; `state` is to be donated. */
export function trainingStep(options: ProgramOptions): (inputs: TrainingInputs<Tensor>) => StepOutputs {
  const { model, optimizer, batch, replicas = 1 } = options;
  const shards = shardsOf(batch, replicas);
  return ({ state, images, labels, learningRate, seed, step }) => {
    const results = dataParallelGradients(
      shards.map(({ start, count }, replica) => {
        const { parameters, lossScale } = operand(state, replica);
        return {
          parameters,
          samples: count,
          loss: (given: ModelParameters<Tensor>) => {
            const { value, aux } = model.loss(
              given,
              { images: operand(images, replica), labels: operand(labels, replica) },
              { training: true, random: { seed, step }, sampleOffset: start },
            );
            return { value: lossScale === undefined ? value : scaling.scale(value, lossScale), aux };
          },
        };
      }),
    );
    const wrong = results.map(({ aux }) => aux.top1);
    const lossScale = state[0]?.lossScale;
    if (lossScale === undefined) {
      return {
        state: results.map(({ gradients }, replica) =>
          optimizer.update(operand(state, replica), gradients, learningRate),
        ),
        loss: results.map(({ value }) => value),
        wrong,
      };
    }
    // One decision for all replicas, so that they stay alike.
    const guard = finiteGuard(
      operand(results, 0).value,
      results.map(({ value, gradients }) => ({ value, gradients })),
    );
    const unscaled = results.map(({ value, gradients }, replica) =>
      scaling.unscale({ value, gradients }, operand(state, replica).lossScale ?? lossScale),
    );
    return {
      state: unscaled.map(({ gradients }, replica) => {
        const { lossScale: own = lossScale, ...before } = operand(state, replica);
        const updated = optimizer.update(before, gradients, learningRate, { guard });
        return { ...updated, lossScale: scaling.update(own, guard) };
      }),
      loss: unscaled.map(({ value }) => value),
      wrong,
      lossScale: lossScale.scale,
    };
  };
}

/** Each replica's part of what a batch has for every picture. */
function partsOf(types: readonly TensorType[], shards: readonly Shard[], values: HostArray): readonly HostTensor[] {
  return types.map(({ dtype, shape }, replica) => {
    const { start, count } = operand(shards, replica);
    const each = elementCount(shape) / count;
    return hostTensor(dtype, shape, values.subarray(start * each, (start + count) * each));
  });
}

function joined(parts: readonly HostArray[]): HostArray {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function readStepResult({
  loss,
  wrong,
  lossScale,
}: {
  readonly loss: readonly HostTensor[];
  readonly wrong: readonly HostTensor[];
  readonly lossScale?: HostTensor;
}): StepResult {
  const total = (parts: readonly HostTensor[]): number =>
    parts.reduce((sum, { data }) => sum + (data[0] ?? Number.NaN), 0);
  const scale = lossScale?.data[0];
  return { loss: total(loss), wrong: total(wrong), ...(scale !== undefined && { lossScale: scale }) };
}

/** What a lost device held is gone: there is nothing to give back. */
async function unlessLost(release: () => Promise<void>): Promise<void> {
  try {
    await release();
  } catch (error) {
    if (!(error instanceof DeviceLostError)) throw error;
  }
}

/** The same refusal, with the batch that every device has room for. */
function suggestBatch(error: MemoryError, options: ProgramOptions, { devices }: DeviceGroup): MemoryError {
  const backends = devices.map(({ backend }) => backend);
  const batch = largestThat(options.batch, (candidate) =>
    planTrainingStep({ ...options, batch: candidate }, backends).devices.every(
      ({ device, peakBytes }) => peakBytes <= (devices[device]?.limits.memoryBytes ?? 0),
    ),
  );
  const hint =
    batch === 0 ? "not even one picture fits: choose a smaller model, or more devices" : `--batch ${batch} fits`;
  return new MemoryError(error.device, error.neededBytes, error.availableBytes, { hint, cause: error });
}
