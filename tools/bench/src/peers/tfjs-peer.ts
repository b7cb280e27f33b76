// tfjs with its WebAssembly backend, as its users call it: one thread, since its threads are off in Node.

import { version_wasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { type ConvolutionTask, convolvedSize, type MatmulTask } from "../task.ts";
import { matmulShapes, randomNumbers } from "./random-operands.ts";
import { type PreparedTask, serve, UnsupportedError } from "./serve.ts";

function random(shape: readonly number[]): tf.Tensor {
  return tf.tensor(randomNumbers(shape), [...shape], "float32");
}

function prepared(operands: readonly tf.Tensor[], compute: () => tf.Tensor): PreparedTask {
  return { run: () => compute().dispose(), dispose: () => tf.dispose([...operands]) };
}

function matmul(task: MatmulTask): PreparedTask {
  const [aShape, bShape] = matmulShapes(task);
  const [a, b] = [random(aShape), random(bShape)];
  return prepared([a, b], () => tf.matMul(a, b, task.transposeA, task.transposeB));
}

function convolution(task: ConvolutionTask): PreparedTask {
  if (task.groups > 1) throw new UnsupportedError("no groups");
  if (task.pass === "filter gradient") throw new UnsupportedError("no gradient of filters");
  const { batch, size, channels, maps, kernel, stride, padding } = task;
  const pad: Parameters<typeof tf.conv2d>[3] = [[0, 0], [...padding], [...padding], [0, 0]];
  const filter = random([kernel, kernel, channels, maps]) as tf.Tensor4D;
  if (task.pass === "forward") {
    const x = random([batch, size, size, channels]) as tf.Tensor4D;
    return prepared([x, filter], () => tf.conv2d(x, filter, stride, pad));
  }
  const side = convolvedSize(task);
  const dy = random([batch, side, side, maps]) as tf.Tensor4D;
  return prepared([dy, filter], () => tf.conv2dTranspose(dy, filter, [batch, size, size, channels], stride, pad));
}

await serve(async () => {
  await tf.setBackend("wasm");
  await tf.ready();
  return {
    version: version_wasm,
    details: {
      threads: "1 (its threads are off in Node)",
      SIMD: `${await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")}`,
    },
    prepare(task) {
      if (task.kind === "matmul") return matmul(task);
      if (task.kind === "convolution") return convolution(task);
      throw new UnsupportedError("no gradient of filters, so no training step");
    },
  };
});
