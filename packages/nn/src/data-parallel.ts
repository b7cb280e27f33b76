// Data parallelism: the same parameters on every device, a part of the batch on each, gradients added up over all of them.
import {
  DeviceError,
  isTensorType,
  logicalDevice,
  type MapTree,
  mapTree,
  operand,
  type Tensor,
  type TensorType,
  valueAndGrad,
} from "@tandem/core";
import { allReduce } from "./all-reduce.ts";

/** The types once for each replica, those of replica r on logical device r. Throws DeviceError if they span devices already. */
export function replicate<P>(types: P, replicas: number): readonly MapTree<P, TensorType, TensorType>[] {
  return Array.from({ length: replicas }, (_, replica) =>
    mapTree(types, isTensorType, (type: TensorType, name): TensorType => {
      if (replicas === 1) return type;
      if (type.device !== logicalDevice(0)) {
        throw new DeviceError(`${name} is on ${type.device}; only what lives on device:0 can be replicated`, {
          hint: "build the model with towers: 1",
        });
      }
      return { ...type, device: logicalDevice(replica) };
    }),
  );
}

/** One replica's part of a step, to be called while tracing. */
export interface Replica<P, Aux> {
  /** On the replica's device. */
  readonly parameters: P;
  /** How many samples of the batch it sees. */
  readonly samples: number;
  /** The mean over those samples, a scalar on the replica's device. */
  readonly loss: (parameters: P) => { readonly value: Tensor; readonly aux: Aux };
}

export interface ReplicaGradient<P, Aux> {
  /** The replica's share of the mean over the whole batch: the mean is the sum of all replicas' values. */
  readonly value: Tensor;
  /** Of the mean over the whole batch, nested as the parameters are: the same on every replica. */
  readonly gradients: MapTree<MapTree<P, Tensor, Tensor>, Tensor, Tensor>;
  readonly aux: Aux;
}

/**
 * Losses and gradients of all replicas: what one device would compute from the whole batch, up to the order of sums. Random ops
 * agree with those of one device where each replica passes its first sample's index in the batch as their `sampleOffset`.
 */
export function dataParallelGradients<P, Aux>(
  replicas: readonly Replica<P, Aux>[],
): readonly ReplicaGradient<P, Aux>[] {
  const samples = replicas.reduce((sum, replica) => sum + replica.samples, 0);
  const results = replicas.map(({ parameters, samples: own, loss }) => {
    const share = own / samples;
    const sharedLoss = (given: P): { readonly value: Tensor; readonly aux: Aux } => {
      const { value, aux } = loss(given);
      return { value: share === 1 ? value : value.mul(share), aux };
    };
    return valueAndGrad(sharedLoss)(parameters);
  });
  const gradients = allReduce(results.map((result) => result.gradients));
  return results.map(({ value, aux }, replica) => ({ value, aux, gradients: operand(gradients, replica) }));
}
