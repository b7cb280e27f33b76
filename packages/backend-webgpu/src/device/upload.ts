// Copies host data into a buffer, ordered with submissions. WebGPU copies multiples of 4 bytes.
const GRANULE = 4;

/** The data may be reused when this returns. Zeroes up to 3 bytes after data that ends between multiples of 4. */
export function uploadTo(queue: GPUQueue, buffer: GPUBuffer, data: ArrayBufferView): void {
  const bytes = unsharedBytes(data);
  const whole = bytes.byteLength - (bytes.byteLength % GRANULE);
  if (whole > 0) queue.writeBuffer(buffer, 0, bytes, 0, whole);
  if (whole === bytes.byteLength) return;
  const rest = new Uint8Array(GRANULE);
  rest.set(bytes.subarray(whole));
  queue.writeBuffer(buffer, whole, rest);
}

/** Dawn crashes on shared memory. */
function unsharedBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer, byteOffset, byteLength);
  const copy = new Uint8Array(byteLength);
  copy.set(new Uint8Array(buffer, byteOffset, byteLength));
  return copy;
}
