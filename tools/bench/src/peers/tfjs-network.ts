// A training step in tfjs, as its users would write it, on whichever of its backends is chosen.
import * as tf from "@tensorflow/tfjs-core";
import type { StepConvolution, StepLinear, StepTask, SymmetricAxes } from "../task.ts";

export interface TfjsStep {
  /** One step on the same pictures. The loss belongs to the caller. */
  run(): tf.Scalar;
  dispose(): void;
}

type Layer = (x: tf.Tensor) => tf.Tensor;

/** Filters of groups are variables of their own, since tfjs has no grouped convolution and splitting them costs time. */
export function tfjsStep({ batch, size, channels, layers, update }: StepTask): TfjsStep {
  const variables: tf.Variable[] = [];
  const variable = (shape: number[], deviation: number): tf.Variable => {
    const initial = deviation === 0 ? tf.zeros(shape) : tf.randomNormal(shape, 0, deviation);
    const made = tf.variable(initial);
    initial.dispose();
    variables.push(made);
    return made;
  };
  let shape = { side: size, channels };
  const built = layers.map((layer): Layer => {
    if (layer.kind === "linear") {
      const inputs = shape.side ** 2 * shape.channels;
      shape = { side: 1, channels: layer.units };
      return linear(layer, variable([inputs, layer.units], 0.01), variable([layer.units], 0));
    }
    const { kernel, maps, groups } = layer;
    const filters = Array.from({ length: groups }, () =>
      variable([kernel, kernel, shape.channels / groups, maps / groups], 0.01),
    );
    shape = { side: sideAfter(shape.side, layer), channels: maps };
    return convolution(layer, filters, variable([maps], 0));
  });
  const images = tf.randomNormal([batch, size, size, channels]);
  const labels = tf.tidy(() => {
    const classOf = Int32Array.from({ length: batch }, (_, index) => index % shape.channels);
    return tf.oneHot(tf.tensor1d(classOf, "int32"), shape.channels);
  });
  const optimizer = tf.train.momentum(update.learningRate, update.momentum);
  return {
    run: () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => {
          const logits = built.reduce((x, layer) => layer(x), images);
          return tf.losses.softmaxCrossEntropy(labels, logits) as tf.Scalar;
        });
        const decayed = variables.map(({ name }, index) => {
          const gradient = grads[name];
          const weight = variables[index];
          if (gradient === undefined || weight === undefined) throw new TypeError(`${name} has no gradient`);
          return { name, tensor: tf.add(gradient, tf.mul(weight, update.weightDecay)) };
        });
        optimizer.applyGradients(decayed);
        return value;
      }),
    dispose() {
      optimizer.dispose();
      tf.dispose([images, labels, ...variables]);
    },
  };
}

function sideAfter(side: number, { kernel, stride, padding, pool }: StepConvolution): number {
  const sliding = (from: number, [before, after]: SymmetricAxes, window: number, step: number): number =>
    Math.floor((from + before + after - window) / step) + 1;
  const convolved = sliding(side, padding, kernel, stride);
  return pool === null ? convolved : sliding(convolved, pool.padding, pool.window, pool.stride);
}

function linear({ relu, dropout }: StepLinear, weight: tf.Tensor, bias: tf.Tensor): Layer {
  return (x) => {
    const rows = tf.reshape(x, [x.shape[0] ?? 1, -1]) as tf.Tensor2D;
    const product = tf.add(tf.matMul(rows, weight as tf.Tensor2D), bias);
    if (!relu) return product;
    return dropout === 0 ? tf.relu(product) : tf.dropout(tf.relu(product), dropout);
  };
}

function convolution(
  { stride, padding, normalization, pool }: StepConvolution,
  filters: readonly tf.Tensor[],
  bias: tf.Tensor,
): Layer {
  const pad: Parameters<typeof tf.conv2d>[3] = [[0, 0], [...padding], [...padding], [0, 0]];
  return (x) => {
    const convolved = inParts(x, filters.length, (part, index) =>
      tf.conv2d(part as tf.Tensor4D, filters[index] as tf.Tensor4D, stride, pad),
    );
    let y = tf.relu(tf.add(convolved, bias));
    if (normalization !== null) {
      const { columns, size, k, alpha, beta } = normalization;
      const radius = Math.floor(size / 2);
      y = inParts(y, columns, (part) => tf.localResponseNormalization(part as tf.Tensor4D, radius, k, alpha, beta));
    }
    if (pool !== null) {
      // Nothing is below zero after the ReLU, so that zeros around it change no maximum.
      const [before, after] = pool.padding;
      const padded =
        before + after === 0
          ? y
          : tf.pad(y, [
              [0, 0],
              [before, after],
              [before, after],
              [0, 0],
            ]);
      y = tf.maxPool(padded as tf.Tensor4D, pool.window, pool.stride, "valid");
    }
    return y;
  };
}

/** Of the channels. */
function inParts(x: tf.Tensor, count: number, apply: (part: tf.Tensor, index: number) => tf.Tensor): tf.Tensor {
  return count === 1 ? apply(x, 0) : tf.concat(tf.split(x, count, -1).map(apply), -1);
}
