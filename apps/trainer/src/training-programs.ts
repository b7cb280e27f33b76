// What the devices run: a training step that replaces the state, and a prediction that only reads it.
import {
  type Backend,
  compile,
  type DeviceGroup,
  type HostArray,
  type HostTensor,
  hostTensor,
  MemoryError,
  type Program,
  plan,
  type State,
  softmax,
  spec,
  summarizeProgram,
  type Tensor,
  type TensorType,
  valueAndGrad,
} from "@tandem/core";
import type { Batch } from "@tandem/data";
import type { Model, ModelParameters } from "@tandem/models";
import type { Optimizer, OptimizerState } from "@tandem/nn";
import { largestThat } from "./largest-that.ts";

export interface ProgramOptions {
  readonly model: Model;
  readonly optimizer: Optimizer<"velocities">;
  /** Pictures a step. */
  readonly batch: number;
}

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
}

/** Parameters as the model's functions take them, and the velocities beside them, on the host. */
export type ModelState = OptimizerState<ModelParameters<HostTensor>, "velocities">;

export interface TrainingPrograms extends AsyncDisposable {
  /** Takes a step; the new state can be used at once, the result comes later. */
  step(state: State<ModelState>, batch: Batch, settings: StepSettings): SubmittedStep;
  /** Softmax outputs [batch, classes]. The state is only read. */
  predict(state: State<Pick<ModelState, "parameters">>, batch: Batch): Promise<HostArray>;
  /** FLOPs, bytes moved and peak memory of a training step on each device. */
  summarize(): string;
  /** The same, and every step. */
  explain(): string;
}

interface SubmittedStep {
  readonly state: State<ModelState>;
  readonly result: Promise<StepResult>;
}

/**
 * Compiles both programs for `devices`. Pictures and settings are fed to device 0's name; towers upload what they need.
 *
 * @throws MemoryError, naming the batch that would fit, if a training step needs more memory than a device has.
 */
export async function compilePrograms(options: ProgramOptions, devices: DeviceGroup): Promise<TrainingPrograms> {
  const { model } = options;
  const specs = trainingSpecs(options);
  const training = await compile(trainingStep(options), specs, { devices, donate: ["state"] }).catch(
    (error: unknown) => {
      throw error instanceof MemoryError ? suggestBatch(error, options, devices) : error;
    },
  );
  const prediction = await compile(
    ({ state, images }: { state: { parameters: ModelParameters<Tensor> }; images: Tensor }) => ({
      probabilities: softmax(model.logits(state.parameters, images, { training: false })),
    }),
    { state: { parameters: model.types }, images: specs.images },
    { devices, borrow: ["state"] },
  );
  const imagesOf = (batch: Batch): HostTensor => hostTensor("f32", specs.images.shape, batch.images);
  return {
    step(state, batch, settings) {
      const labels = hostTensor("i32", specs.labels.shape, batch.labels);
      const run = training.run({ state, images: imagesOf(batch), labels, ...settings });
      return { state: run.state.state, result: run.outputs.then(readStepResult) };
    },
    predict: async (state, batch) => {
      const { probabilities } = await prediction.run({ state, images: imagesOf(batch) }).outputs;
      return probabilities.data;
    },
    summarize: () => summarizeProgram(training.program, devices.devices),
    explain: () => training.explain(),
    [Symbol.asyncDispose]: async () => {
      await training[Symbol.asyncDispose]();
      await prediction[Symbol.asyncDispose]();
    },
  };
}

/** What `compilePrograms` would load for the training step, without devices. */
export function planTrainingStep(options: ProgramOptions, backends: readonly Backend[]): Program {
  return plan(trainingStep(options), trainingSpecs(options), { backends, donate: ["state"] });
}

/** What a training step takes, by name. */
export type TrainingInputs<L> = {
  readonly state: OptimizerState<ModelParameters<L>, "velocities">;
  readonly images: L;
  readonly labels: L;
  readonly learningRate: L;
  readonly seed: L;
  readonly step: L;
};

export function trainingSpecs({ model, optimizer, batch }: ProgramOptions): TrainingInputs<TensorType> {
  const { height, width, channels } = model.architecture.input;
  return {
    state: optimizer.specs(model.types),
    images: spec("f32", [batch, height, width, channels]),
    labels: spec("i32", [batch]),
    learningRate: spec("f32", []),
    seed: spec("u32", []),
    step: spec("u32", []),
  };
}

export type StepOutputs = Pick<TrainingInputs<Tensor>, "state"> & { readonly [name in "loss" | "wrong"]: Tensor };

/** Loss, gradients and update as one function to be compiled; `state` is to be donated. */
export function trainingStep({ model, optimizer }: ProgramOptions): (inputs: TrainingInputs<Tensor>) => StepOutputs {
  return ({ state, images, labels, learningRate, seed, step }) => {
    const { value, gradients, aux } = valueAndGrad(model.loss)(
      state.parameters,
      { images, labels },
      { training: true, random: { seed, step } },
    );
    return {
      state: optimizer.update(state, gradients, learningRate),
      loss: value,
      wrong: aux.top1,
    };
  };
}

function readStepResult(outputs: { readonly [name in "loss" | "wrong"]: HostTensor }): StepResult {
  const scalar = (name: keyof typeof outputs): number => outputs[name].data[0] ?? Number.NaN;
  return { loss: scalar("loss"), wrong: scalar("wrong") };
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
