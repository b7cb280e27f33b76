// tfjs with its WebGPU backend on Dawn, as its users call it in browsers.
// node tfjs-webgpu-peer.bundle.js ADAPTER
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
import * as tf from "@tensorflow/tfjs-core";
import { create, globals } from "webgpu";
import { type ConvolutionTask, convolvedSize, type MatmulTask, type StepTask } from "../task.ts";
import { matmulShapes, randomNumbers } from "./random-operands.ts";
import { type PreparedTask, serve } from "./serve.ts";
import { tfjsStep } from "./tfjs-network.ts";

/** How many kernels tfjs records before it submits them by itself. */
const SUBMITTED_TOGETHER = "WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE";
const DEFAULT_SUBMITTED_TOGETHER = 15;

function random(shape: readonly number[]): tf.Tensor {
  return tf.tensor(randomNumbers(shape), [...shape], "float32");
}

/** The next result is submitted before this one has been waited for, as in a training. */
function prepared(operands: readonly tf.Tensor[], compute: () => tf.Tensor, { submit, settle }: Dawn): PreparedTask {
  tf.env().set(SUBMITTED_TOGETHER, Number.MAX_SAFE_INTEGER);
  let previous = Promise.resolve();
  return {
    async run() {
      compute().dispose();
      const before = previous;
      submit();
      previous = settle();
      await before;
    },
    async dispose() {
      await previous;
      tf.dispose([...operands]);
    },
  };
}

function matmul(task: MatmulTask, dawn: Dawn): PreparedTask {
  const [aShape, bShape] = matmulShapes(task);
  const [a, b] = [random(aShape), random(bShape)];
  return prepared([a, b], () => tf.matMul(a, b, task.transposeA, task.transposeB), dawn);
}

/** Groups are convolutions one after another: tfjs has nothing else for them. */
function convolution(task: ConvolutionTask, dawn: Dawn): PreparedTask {
  const { batch, size, channels, maps, kernel, stride, padding, groups } = task;
  const pad: Parameters<typeof tf.conv2d>[3] = [[0, 0], [...padding], [...padding], [0, 0]];
  const side = convolvedSize(task);
  const inputShape: [number, number, number, number] = [batch, size, size, channels / groups];
  const filterShape: [number, number, number, number] = [kernel, kernel, channels / groups, maps / groups];
  const parts = (shape: readonly number[]): tf.Tensor4D[] =>
    Array.from({ length: groups }, () => random(shape) as tf.Tensor4D);
  const inputs = parts(inputShape);
  const filters = parts(filterShape);
  const cotangents = parts([batch, side, side, maps / groups]);
  const pairs = (as: tf.Tensor4D[], bs: tf.Tensor4D[], of: (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor4D) => () =>
    tf.tidy(() =>
      tf.concat(
        as.map((a, index) => of(a, bs[index] as tf.Tensor4D)),
        -1,
      ),
    );
  const operands = [...inputs, ...filters, ...cotangents];
  switch (task.pass) {
    case "forward":
      return prepared(
        operands,
        pairs(inputs, filters, (x, w) => tf.conv2d(x, w, stride, pad)),
        dawn,
      );
    case "input gradient": {
      const gradient = (dy: tf.Tensor4D, w: tf.Tensor4D): tf.Tensor4D =>
        tf.conv2dTranspose(dy, w, inputShape, stride, pad);
      return prepared(operands, pairs(cotangents, filters, gradient), dawn);
    }
    case "filter gradient": {
      const gradient = (x: tf.Tensor4D, dy: tf.Tensor4D): tf.Tensor4D =>
        tf
          .engine()
          .runKernel("Conv2DBackpropFilter", { x, dy }, { strides: stride, pad, dataFormat: "NHWC", filterShape });
      return prepared(operands, pairs(inputs, cotangents, gradient), dawn);
    }
  }
}

/** The loss is read while the next step runs. */
function step(task: StepTask, { settle }: Dawn): PreparedTask {
  tf.env().set(SUBMITTED_TOGETHER, DEFAULT_SUBMITTED_TOGETHER);
  const training = tfjsStep(task);
  let previous: Promise<void> = Promise.resolve();
  const read = async (loss: tf.Scalar): Promise<void> => {
    const [value] = await loss.data();
    loss.dispose();
    if (value === undefined || !Number.isFinite(value)) throw new Error(`the step's loss is ${value}`);
    await settle();
  };
  return {
    async run() {
      const before = previous;
      previous = read(training.run());
      await before;
    },
    async dispose() {
      await previous;
      training.dispose();
    },
  };
}

interface Dawn {
  /** Submits what tfjs has recorded, which has to be something. */
  submit(): void;
  /** Resolves when the adapter has done what was submitted; rejects where it refused any of it. */
  settle(): Promise<void>;
}

async function openDawn(adapter: string): Promise<Dawn> {
  Object.assign(globalThis, globals);
  const gpu = create([`adapter=${adapter}`]);
  Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "node" }, configurable: true });
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  // Small tensors would be computed on the CPU.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  if (!(await tf.setBackend("webgpu"))) throw new Error(`tfjs finds no WebGPU adapter ${adapter}`);
  const backend = tf.backend();
  if (!(backend instanceof WebGPUBackend)) throw new Error("tfjs chose another backend");
  // What WebGPU refuses costs no time, and must not become a figure.
  const refusals: string[] = [];
  backend.device.addEventListener("uncapturederror", ({ error }) => refusals.push(error.message));
  return {
    submit() {
      backend.endComputePassEncoder();
      backend.submitQueue();
    },
    async settle() {
      await backend.queue.onSubmittedWorkDone();
      if (refusals.length > 0) throw new Error(`WebGPU refused what tfjs asked for: ${refusals[0]}`);
    },
  };
}

const [, , adapter = ""] = process.argv;
await serve(async () => {
  const dawn = await openDawn(adapter);
  return {
    version: tf.version_core,
    details: { adapter, groups: "one convolution after another", dropout: "masks from the host, as tfjs makes them" },
    prepare(task) {
      switch (task.kind) {
        case "matmul":
          return matmul(task, dawn);
        case "convolution":
          return convolution(task, dawn);
        case "step":
          return step(task, dawn);
      }
    },
  };
});
