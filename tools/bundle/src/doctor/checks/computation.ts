// Whether a backend computes: a layer of whole numbers, whose results have to be right to the last bit.
import { evaluate, hostTensor, matmul, TandemError } from "@tandem/core";
import { openDevices } from "@tandem/devices";

/** A line for the user; what is wrong is in `problem`. */
export interface ComputationResult {
  readonly device: string;
  readonly problem?: string | undefined;
}

const [ROWS, DEPTH, COLUMNS] = [5, 7, 3];

export async function computeOn(backend: string): Promise<ComputationResult> {
  try {
    await using devices = await openDevices({ ...process.env, TANDEM_BACKEND: backend, TANDEM_DEVICES: "1" });
    const device = devices.description;
    const x = wholeNumbers(ROWS * DEPTH, 11);
    const weight = wholeNumbers(DEPTH * COLUMNS, 7);
    const { y } = await evaluate(
      ({ x, weight }) => ({ y: matmul(x, weight).relu() }),
      {
        x: hostTensor("f32", [ROWS, DEPTH], x),
        weight: hostTensor("f32", [DEPTH, COLUMNS], weight),
      },
      { devices },
    );
    const expected = rectifiedProduct(x, weight);
    const isRight = expected.every((value, index) => value === y.data[index]);
    return isRight
      ? { device }
      : { device, problem: `computed ${[...y.data].join(" ")}, expected ${expected.join(" ")}` };
  } catch (error) {
    const problem =
      error instanceof TandemError ? error.message : error instanceof Error ? `${error.stack}` : `${error}`;
    return { device: backend, problem };
  }
}

/** From -3 on, repeating after `period`. */
function wholeNumbers(count: number, period: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => (index % period) - 3);
}

function rectifiedProduct(x: Float32Array, weight: Float32Array): readonly number[] {
  return Array.from({ length: ROWS * COLUMNS }, (_, position) => {
    const [row, column] = [Math.floor(position / COLUMNS), position % COLUMNS];
    let sum = 0;
    for (let depth = 0; depth < DEPTH; depth++) {
      sum += (x[row * DEPTH + depth] ?? 0) * (weight[depth * COLUMNS + column] ?? 0);
    }
    return Math.max(0, sum);
  });
}
