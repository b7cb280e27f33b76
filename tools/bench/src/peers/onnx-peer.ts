// onnxruntime, native (`node`) or as WebAssembly (`web`). Forward operators only: it does not train.
// node onnx-peer.js node|web THREADS
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Task } from "../task.ts";
import { type OnnxNode, onnxModel } from "./onnx-model.ts";
import { channelsFirst, matmulShapes, randomNumbers } from "./random-operands.ts";
import { type PreparedTask, serve, UnsupportedError } from "./serve.ts";

interface Runtime {
  readonly version: string;
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
  readonly options: InferenceSession.SessionOptions;
}

async function openRuntime(kind: string | undefined, threads: number): Promise<Runtime> {
  if (kind === "node") {
    const runtime = await import("onnxruntime-node");
    return { ...runtime, version: runtime.env.versions.node ?? "", options: { intraOpNumThreads: threads } };
  }
  const runtime = await import("onnxruntime-web");
  runtime.env.wasm.numThreads = threads;
  return { ...runtime, version: runtime.env.versions.web ?? "", options: { executionProviders: ["wasm"] } };
}

/** Transposed operands are attributes of Gemm, and of nothing else. */
function nodeOf(task: Task): OnnxNode {
  if (task.kind === "step") throw new UnsupportedError("no training");
  if (task.kind === "matmul") {
    const [a, b] = matmulShapes(task);
    const { transposeA, transposeB, m, n } = task;
    return {
      operator: transposeA || transposeB ? "Gemm" : "MatMul",
      inputs: [
        { name: "a", shape: a },
        { name: "b", shape: b },
      ],
      output: { name: "y", shape: [m, n] },
      ...((transposeA || transposeB) && { attributes: { transA: Number(transposeA), transB: Number(transposeB) } }),
    };
  }
  if (task.pass !== "forward") throw new UnsupportedError("no gradients");
  const { input, filter, output } = channelsFirst(task);
  const { groups, kernel, stride, padding } = task;
  const [before, after] = padding;
  return {
    operator: "Conv",
    inputs: [
      { name: "x", shape: input },
      { name: "w", shape: filter },
    ],
    output: { name: "y", shape: output },
    attributes: {
      group: groups,
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [before, before, after, after],
    },
  };
}

async function prepare({ InferenceSession, Tensor, options }: Runtime, task: Task): Promise<PreparedTask> {
  const node = nodeOf(task);
  const session = await InferenceSession.create(onnxModel(node), options);
  const feeds = Object.fromEntries(
    node.inputs.map(({ name, shape }) => [name, new Tensor("float32", randomNumbers(shape), shape)]),
  );
  return { run: () => session.run(feeds), dispose: () => session.release() };
}

const [, , kind, threads = "1"] = process.argv;
await serve(async () => {
  const runtime = await openRuntime(kind, Number(threads));
  return { version: runtime.version, details: { threads }, prepare: (task) => prepare(runtime, task) };
});
