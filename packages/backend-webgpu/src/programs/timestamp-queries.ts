// When the passes of one command buffer began and ended, by the GPU's clock.
import { bufferUsage } from "../device/gpu-flags.ts";

/** Queries that WebGPU allows in one set; two are a pass. */
const PASSES_OF_A_SET = 2048;
const BYTES_OF_A_PASS = 2 * BigUint64Array.BYTES_PER_ELEMENT;

export class TimestampQueries {
  readonly #sets: readonly GPUQuerySet[];
  readonly #resolved: GPUBuffer;
  readonly #passes: number;

  /** For at least one pass. */
  constructor(device: GPUDevice, passes: number) {
    this.#passes = passes;
    this.#sets = Array.from({ length: Math.ceil(passes / PASSES_OF_A_SET) }, (_, index) =>
      device.createQuerySet({ type: "timestamp", count: 2 * this.#passesOf(index) }),
    );
    const usage = bufferUsage.queryResolve | bufferUsage.copySource;
    this.#resolved = device.createBuffer({ label: "timestamps", size: this.bytes, usage });
  }

  /** Of all timestamps: two u64 a pass. */
  get bytes(): number {
    return this.#passes * BYTES_OF_A_PASS;
  }

  writesOf(pass: number): GPUComputePassTimestampWrites | undefined {
    const querySet = this.#sets[Math.floor(pass / PASSES_OF_A_SET)];
    if (querySet === undefined) return undefined;
    const first = 2 * (pass % PASSES_OF_A_SET);
    return { querySet, beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 };
  }

  /** Copies the timestamps of the passes encoded so far into a buffer that can be mapped. */
  encodeCopy(encoder: GPUCommandEncoder, target: GPUBuffer): void {
    for (const [index, set] of this.#sets.entries()) {
      const offset = index * PASSES_OF_A_SET * BYTES_OF_A_PASS;
      encoder.resolveQuerySet(set, 0, 2 * this.#passesOf(index), this.#resolved, offset);
    }
    encoder.copyBufferToBuffer(this.#resolved, 0, target, 0, this.bytes);
  }

  destroy(): void {
    for (const set of this.#sets) set.destroy();
    this.#resolved.destroy();
  }

  #passesOf(set: number): number {
    return Math.min(PASSES_OF_A_SET, this.#passes - set * PASSES_OF_A_SET);
  }
}
