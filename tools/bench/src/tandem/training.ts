// The trainer's step, fed with made-up pictures.
import {
  compile,
  type DeviceGroup,
  elementCount,
  type HostTensor,
  hostTensor,
  segmentsOf,
  UsageError,
} from "@tandem/core";
import { type Model, recipes } from "@tandem/models";
import { sgd } from "@tandem/nn";
import { initialState, type ProgramOptions, type TrainingInputs, trainingSpecs, trainingStep } from "trainer";

export interface PreparedStep extends AsyncDisposable {
  /** Kernels of one run, over all devices. */
  readonly kernels: number;
  /** Planned, of all devices together. */
  readonly plannedBytes: number;
  /** Resolves when the step has run. Rejects with UsageError where its loss is no finite number. */
  run(): Promise<void>;
}

/** The model with the optimiser that the paper trains it with. */
export function trainingOptions(model: Model, batch: number): ProgramOptions {
  const { momentum, weightDecay } = recipes.paper.training;
  return { model, optimizer: sgd({ momentum, weightDecay, ruleOf: model.ruleOf }), batch };
}

/** Compiles a step for the devices and places initial parameters on them. */
export async function prepareStep(options: ProgramOptions, devices: DeviceGroup): Promise<PreparedStep> {
  const compiled = await compile(trainingStep(options), trainingSpecs(options), { devices, donate: ["state"] });
  const batch = madeUpBatch(options);
  const initial: TrainingInputs<HostTensor>["state"] = [initialState(options, 1)];
  let state = await devices.place(initial, options.model.deviceOf);
  let step = 0;
  return {
    kernels: compiled.program.devices.flatMap(segmentsOf).flat().length,
    plannedBytes: compiled.peakBytes.reduce((sum, bytes) => sum + bytes, 0),
    async run() {
      const run = compiled.run({ state, ...batch, step: step++ });
      state = run.state.state;
      (await run.outputs).loss.forEach(requireFinite);
    },
    [Symbol.asyncDispose]: () => compiled[Symbol.asyncDispose](),
  };
}

type FedInputs = Omit<TrainingInputs<HostTensor | number>, "state" | "step">;

/** Pictures as a training sees them, around 0, and labels in turn. */
function madeUpBatch(options: ProgramOptions): FedInputs {
  const { images, labels } = trainingSpecs(options);
  const { units: classes } = options.model.architecture.classifier;
  return {
    images: images.map(({ shape }) =>
      hostTensor(
        "f32",
        shape,
        Float32Array.from({ length: elementCount(shape) }, () => Math.random() - 0.5),
      ),
    ),
    labels: labels.map(({ shape }) =>
      hostTensor(
        "i32",
        shape,
        Int32Array.from({ length: elementCount(shape) }, (_, index) => index % classes),
      ),
    ),
    learningRate: recipes.paper.training.learningRate,
    seed: 1,
  };
}

function requireFinite({ data }: HostTensor): void {
  const [loss] = data;
  if (loss !== undefined && Number.isFinite(loss)) return;
  throw new UsageError(`the step's loss is ${loss}, expected a finite number`);
}
