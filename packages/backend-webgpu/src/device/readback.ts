// Copies buffers to the host through a pool of mappable ones, so that several reads are in flight and none holds up what is
// submitted after it.
import { bufferUsage, MAP_FOR_READING } from "./gpu-flags.ts";

/** Bytes of idle buffers that are kept. */
const KEPT_BYTES = 64 * 2 ** 20;
const LEAST_BYTES = 256;

export class ReadbackPool {
  readonly #device: GPUDevice;
  /** By their sizes. */
  readonly #idle = new Map<number, GPUBuffer[]>();
  #idleBytes = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** The first `bytes` of a buffer, as all submissions made before leave them. */
  async read(source: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    if (bytes === 0) return new ArrayBuffer(0);
    return this.collect(bytes, (staging) => {
      const encoder = this.#device.createCommandEncoder();
      encoder.copyBufferToBuffer(source, 0, staging, 0, wholeWords(bytes));
      this.#device.queue.submit([encoder.finish()]);
    });
  }

  /** What `fill` submits commands to write into the buffer that it is given. */
  async collect(bytes: number, fill: (staging: GPUBuffer) => void): Promise<ArrayBuffer> {
    const staging = this.#take(bytes);
    try {
      fill(staging);
      await staging.mapAsync(MAP_FOR_READING, 0, wholeWords(bytes));
      const copy = staging.getMappedRange(0, wholeWords(bytes)).slice(0, bytes);
      staging.unmap();
      this.#giveBack(staging);
      return copy;
    } catch (error) {
      staging.destroy();
      throw error;
    }
  }

  destroy(): void {
    for (const buffer of [...this.#idle.values()].flat()) buffer.destroy();
    this.#idle.clear();
    this.#idleBytes = 0;
  }

  #take(bytes: number): GPUBuffer {
    const size = bytes > KEPT_BYTES ? wholeWords(bytes) : Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
    const idle = this.#idle.get(size)?.pop();
    if (idle === undefined) {
      const usage = bufferUsage.mapRead | bufferUsage.copyDestination;
      return this.#device.createBuffer({ label: "readback", size, usage });
    }
    this.#idleBytes -= size;
    return idle;
  }

  #giveBack(staging: GPUBuffer): void {
    if (this.#idleBytes + staging.size > KEPT_BYTES) {
      staging.destroy();
      return;
    }
    this.#idleBytes += staging.size;
    const idle = this.#idle.get(staging.size);
    if (idle === undefined) this.#idle.set(staging.size, [staging]);
    else idle.push(staging);
  }
}

/** WebGPU copies and maps multiples of 4 bytes. */
function wholeWords(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
