// The trainer's step, fed with made-up pictures: the whole of it, and its beginnings.
import {
  compile,
  type DeviceGroup,
  elementCount,
  type HostTensor,
  hostTensor,
  isTensorType,
  mapTree,
  type Program,
  segmentsOf,
  type Tensor,
  UsageError,
  valueAndGrad,
} from "@tandem/core";
import { type Model, type ModelParameters, recipes } from "@tandem/models";
import { sgd } from "@tandem/nn";
import { type ProgramOptions, type TrainingInputs, trainingSpecs, trainingStep } from "trainer";

/** How much of a step: its loss, its loss and gradients, or all of it. */
export type Extent = "forward" | "forward and backward" | "step";

export interface PreparedStep extends AsyncDisposable {
  /** Planned bytes of each device. */
  readonly peakBytes: readonly number[];
  /** Kernels of one run, over all devices. */
  readonly kernels: number;
  /** Resolves when the step has run. Rejects with UsageError where its loss is no finite number. */
  run(): Promise<unknown>;
}

/** The model with the optimiser that the paper trains it with. */
export function trainingOptions(model: Model, batch: number): ProgramOptions {
  const { momentum, weightDecay } = recipes.paper.training;
  return { model, optimizer: sgd({ momentum, weightDecay, ruleOf: model.ruleOf }), batch };
}

/** Compiles that much of a step for the devices and places initial parameters on them. */
export function prepareStep(options: ProgramOptions, devices: DeviceGroup, extent: Extent): Promise<PreparedStep> {
  return extent === "step" ? prepareWhole(options, devices) : prepareBeginning(options, devices, extent);
}

async function prepareWhole(options: ProgramOptions, devices: DeviceGroup): Promise<PreparedStep> {
  const compiled = await compile(trainingStep(options), trainingSpecs(options), { devices, donate: ["state"] });
  const batch = madeUpBatch(options);
  const initial = options.optimizer.initialize(options.model.initialize(1));
  let state = await devices.place(initial, options.model.deviceOf);
  let step = 0;
  return {
    ...sizesOf(compiled.program),
    async run() {
      const run = compiled.run({ state, ...batch, step: step++ });
      state = run.state.state;
      requireFinite((await run.outputs).loss);
    },
    [Symbol.asyncDispose]: () => compiled[Symbol.asyncDispose](),
  };
}

async function prepareBeginning(
  options: ProgramOptions,
  devices: DeviceGroup,
  extent: Exclude<Extent, "step">,
): Promise<PreparedStep> {
  const { model } = options;
  const { state: _, ...fed } = trainingSpecs(options);
  const hasGradients = extent === "forward and backward";
  const lossOf = (parameters: ModelParameters<Tensor>, { images, labels, seed, step }: Fed<Tensor>) =>
    model.loss(parameters, { images, labels }, { training: true, random: { seed, step } });
  const gradientTypes = hasGradients ? model.types : {};
  const compiled = await compile(
    ({ parameters, gradients, ...inputs }: Fed<Tensor> & { readonly [name in "parameters" | "gradients"]: object }) => {
      const given = parameters as ModelParameters<Tensor>;
      if (!hasGradients) return { loss: lossOf(given, inputs).value, gradients };
      const found = valueAndGrad(lossOf)(given, inputs);
      return { loss: found.value, gradients: found.gradients as object };
    },
    { parameters: model.types as object, gradients: gradientTypes as object, ...fed },
    { devices, borrow: ["parameters"], donate: hasGradients ? ["gradients"] : [] },
  );
  const batch = madeUpBatch(options);
  const parameters = await devices.place(model.initialize(1), model.deviceOf);
  const zeros = mapTree(gradientTypes, isTensorType, ({ dtype, shape }) => hostTensor(dtype, shape, 0));
  let gradients = await devices.place(zeros as object, model.deviceOf);
  return {
    ...sizesOf(compiled.program),
    async run() {
      const run = compiled.run({ parameters, ...batch, step: 0, gradients: hasGradients ? gradients : {} });
      if (hasGradients) gradients = run.state.gradients;
      requireFinite((await run.outputs).loss);
    },
    [Symbol.asyncDispose]: () => compiled[Symbol.asyncDispose](),
  };
}

type Fed<L> = Omit<TrainingInputs<L>, "state">;

function sizesOf(program: Program): Pick<PreparedStep, "peakBytes" | "kernels"> {
  return {
    peakBytes: program.devices.map(({ peakBytes }) => peakBytes),
    kernels: program.devices.flatMap(segmentsOf).flat().length,
  };
}

/** Pictures as a training sees them, around 0, and labels in turn. */
function madeUpBatch(options: ProgramOptions): Omit<Record<keyof Fed<number>, HostTensor | number>, "step"> {
  const { images, labels } = trainingSpecs(options);
  const { units: classes } = options.model.architecture.classifier;
  return {
    images: hostTensor(
      "f32",
      images.shape,
      Float32Array.from({ length: elementCount(images.shape) }, () => Math.random() - 0.5),
    ),
    labels: hostTensor(
      "i32",
      labels.shape,
      Int32Array.from({ length: options.batch }, (_, index) => index % classes),
    ),
    learningRate: recipes.paper.training.learningRate,
    seed: 1,
  };
}

function requireFinite(loss: HostTensor | undefined): void {
  const value = loss?.data[0];
  if (value !== undefined && Number.isFinite(value)) return;
  throw new UsageError(`the step's loss is ${value}, expected a finite number`);
}
