// A small network's training, whole on one device or divided between several: its gradients and its losses.
import {
  compile,
  type DeviceGroup,
  deriveKey,
  elementCount,
  type HostTensor,
  hostTensor,
  isHostTensor,
  isTensorType,
  leaves,
  normalAt,
  operand,
  type State,
  spec,
  type Tensor,
  type TensorType,
} from "@tandem/core";
import { type Model, type ModelParameters, miniAlexnet } from "@tandem/models";
import { dataParallelGradients, type OptimizerState, replicate, sgd, shardsOf } from "@tandem/nn";

const BATCH = 7;
const [SIDE, CLASSES, SEED] = [16, 4, 3];
/** Exact in f32. */
const LEARNING_RATE = 2 ** -5;

export interface Division {
  readonly towers: 1 | 2;
  readonly replicas: number;
}

const modelOf = ({ towers }: Division): Model =>
  miniAlexnet({
    classes: CLASSES,
    inputSize: SIDE,
    maps: [4, 8, 8],
    firstKernel: 3,
    units: [48, 24],
    dropout: 0.5,
    towers,
  });
const optimizer = sgd({ momentum: 0.9 });

type TrainingInputs<L> = {
  readonly state: readonly OptimizerState<ModelParameters<L>, "velocities">[];
  readonly images: readonly L[];
  readonly labels: readonly L[];
  readonly learningRate: L;
  readonly random: { readonly seed: L; readonly step: L };
};

function specsOf(division: Division): TrainingInputs<TensorType> {
  const shards = shardsOf(BATCH, division.replicas);
  const device = (replica: number): string => `device:${replica}`;
  return {
    state: replicate(modelOf(division).types, division.replicas).map((types) => optimizer.specs(types)),
    images: shards.map(({ count }, replica) => spec("f32", [count, SIDE, SIDE, 3], device(replica))),
    labels: shards.map(({ count }, replica) => spec("i32", [count], device(replica))),
    learningRate: spec("f32", []),
    random: { seed: spec("u32", []), step: spec("u32", []) },
  };
}
type StepOutputs = Pick<TrainingInputs<Tensor>, "state"> & { readonly loss: readonly Tensor[] };

function trainingStep(division: Division): (inputs: TrainingInputs<Tensor>) => StepOutputs {
  const model = modelOf(division);
  const shards = shardsOf(BATCH, division.replicas);
  return ({ state, images, labels, learningRate, random }) => {
    const results = dataParallelGradients(
      shards.map(({ start, count }, replica) => ({
        parameters: operand(state, replica).parameters,
        samples: count,
        loss: (parameters: ModelParameters<Tensor>) =>
          model.loss(
            parameters,
            { images: operand(images, replica), labels: operand(labels, replica) },
            { training: true, random, sampleOffset: start },
          ),
      })),
    );
    return {
      state: results.map(({ gradients }, replica) =>
        optimizer.update(operand(state, replica), gradients, learningRate),
      ),
      loss: results.map(({ value }) => value),
    };
  };
}

type TrainingState = readonly OptimizerState<ModelParameters<HostTensor>, "velocities">[];

function place(devices: DeviceGroup, division: Division): Promise<State<TrainingState>> {
  const model = modelOf(division);
  const initial = optimizer.initialize(model.initialize(SEED));
  const devicesOf = new Map(
    leaves<TensorType>(specsOf(division).state, isTensorType).map(({ name, leaf }) => [name, leaf.device]),
  );
  const whole: TrainingState = Array.from({ length: division.replicas }, () => initial);
  return devices.place(whole, (name) => devicesOf.get(name) ?? "");
}

/** Bright in one quarter, which is the class, with noise; other pictures at each step. */
function fedAt(step: number, division: Division) {
  const key = deriveKey(SEED, step, "pictures");
  const labels = Int32Array.from({ length: BATCH }, (_, sample) => (sample + step) % CLASSES);
  const pixels = labels.length * SIDE * SIDE * 3;
  const images = Float32Array.from({ length: pixels }, (_, index) => {
    const sample = Math.floor(index / (SIDE * SIDE * 3));
    const [y, x] = [Math.floor(index / (SIDE * 3)) % SIDE, Math.floor(index / 3) % SIDE];
    const quarter = 2 * Number(y >= SIDE / 2) + Number(x >= SIDE / 2);
    return (quarter === labels[sample] ? 2 : 0) + 0.5 * normalAt(key, sample, index);
  });
  const part = (whole: Float32Array | Int32Array, type: TensorType, start: number): HostTensor => {
    const each = whole.length / BATCH;
    return hostTensor(type.dtype, type.shape, whole.subarray(start * each, start * each + elementCount(type.shape)));
  };
  const shards = shardsOf(BATCH, division.replicas);
  const { images: imageTypes, labels: labelTypes } = specsOf(division);
  return {
    images: shards.map(({ start }, replica) => part(images, operand(imageTypes, replica), start)),
    labels: shards.map(({ start }, replica) => part(labels, operand(labelTypes, replica), start)),
    learningRate: LEARNING_RATE,
    random: { seed: SEED, step },
  };
}

const total = (parts: readonly HostTensor[]): number =>
  parts.reduce((sum, { data }) => sum + (data[0] ?? Number.NaN), 0);

export interface DividedTraining {
  readonly losses: readonly number[];
  /** Of the first step and the undivided network, by name: one map a replica. */
  readonly gradients: readonly ReadonlyMap<string, HostTensor>[];
  /** The state at the end, one entry a replica. */
  readonly state: TrainingState;
}

export async function trainDivided(steps: number, devices: DeviceGroup, division: Division): Promise<DividedTraining> {
  await using step = await compile(trainingStep(division), specsOf(division), { devices, donate: ["state"] });
  let state: State<TrainingState> = await place(devices, division);
  let gradients: readonly ReadonlyMap<string, HostTensor>[] = [];
  const losses: number[] = [];
  for (let index = 0; index < steps; index++) {
    const run = step.run({ state, ...fedAt(index, division) });
    state = run.state.state;
    losses.push(total((await run.outputs).loss));
    if (index === 0) gradients = gradientsBehind(await state.read(), modelOf(division));
  }
  return { losses, gradients, state: await state.read() };
}

/** After one step without decay, velocities are the gradients times a power of two. */
function gradientsBehind(state: TrainingState, model: Model): readonly ReadonlyMap<string, HostTensor>[] {
  return state.map(({ velocities }) => {
    const named = leaves<HostTensor>(model.merge(velocities), isHostTensor);
    return new Map(
      named.map(({ name, leaf: { dtype, shape, data } }) => {
        const gradient = Float32Array.from(data, (velocity) => -velocity / LEARNING_RATE);
        return [name, hostTensor(dtype, shape, gradient)] as const;
      }),
    );
  });
}
