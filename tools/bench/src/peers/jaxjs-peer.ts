// jax-js with its WebAssembly backend: every operation compiled by its `jit`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { defaultDevice, grad, init, type Array as JaxArray, jit, lax, numpy } from "@jax-js/jax";
import type { ConvolutionTask, MatmulTask } from "../task.ts";
import { channelsFirst, matmulShapes, randomNumbers } from "./random-operands.ts";
import { type PreparedTask, serve, UnsupportedError } from "./serve.ts";

function random(shape: readonly number[]): JaxArray {
  return numpy.array(randomNumbers(shape)).reshape([...shape]);
}

/** Arrays are counted: each call gets references, and the result is given up when it is there. */
function prepared(operands: readonly JaxArray[], compute: (...operands: JaxArray[]) => JaxArray): PreparedTask {
  const compiled = jit(compute);
  return {
    async run() {
      const result = compiled(...operands.map(({ ref }) => ref));
      (await result.blockUntilReady()).dispose();
    },
    dispose() {
      for (const operand of operands) operand.dispose();
    },
  };
}

function matmul(task: MatmulTask): PreparedTask {
  const [aShape, bShape] = matmulShapes(task);
  const { transposeA, transposeB } = task;
  return prepared([random(aShape), random(bShape)], (a, b) =>
    numpy.matmul(transposeA ? numpy.transpose(a) : a, transposeB ? numpy.transpose(b) : b),
  );
}

function convolution(task: ConvolutionTask): PreparedTask {
  const { input, filter, output } = channelsFirst(task);
  const { stride, padding, groups } = task;
  const axes: [number, number][] = [[...padding], [...padding]];
  const convolve = (x: JaxArray, w: JaxArray): JaxArray =>
    lax.convGeneralDilated(x, w, [stride, stride], axes, { featureGroupCount: groups });
  if (task.pass === "forward") return prepared([random(input), random(filter)], convolve);
  if (task.pass === "input gradient") {
    return prepared([random(input), random(filter), random(output)], (x, w, dy) =>
      grad((given: JaxArray) => numpy.sum(convolve(given, w).mul(dy)))(x),
    );
  }
  return prepared([random(filter), random(input), random(output)], (w, x, dy) =>
    grad((given: JaxArray) => numpy.sum(convolve(x, given).mul(dy)))(w),
  );
}

await serve(async () => {
  await init("wasm");
  defaultDevice("wasm");
  const manifest = createRequire(import.meta.url)
    .resolve("@jax-js/jax")
    .replace(/dist.*/, "package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return {
    version,
    details: { device: "wasm" },
    prepare(task) {
      if (task.kind === "matmul") return matmul(task);
      if (task.kind === "convolution") return convolution(task);
      throw new UnsupportedError("its convolutions are too slow for a training step");
    },
  };
});
