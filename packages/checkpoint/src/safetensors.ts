// Named tensors in a safetensors file.
import { open } from "node:fs/promises";
import { elementCount, type HostTensor, hostArray } from "@tandem/core";
import { errorCode, replaceFile } from "./atomic-file.ts";
import { CheckpointError } from "./errors.ts";
import {
  decodeHeader,
  decodeHeaderLength,
  encodeHeader,
  type Layout,
  LENGTH_BYTES,
  layOut,
  storedDType,
  type TensorEntry,
} from "./safetensors-layout.ts";

/** Tensors by name, such as `parameters.conv2.weight`. */
export type NamedTensors = ReadonlyMap<string, HostTensor>;

export interface Safetensors {
  readonly tensors: NamedTensors;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Writes tensors to `path`; a file that is there already is replaced once the new one is whole.
 *
 * @throws CheckpointError where the disk is full or cannot be written.
 */
export async function writeSafetensors(
  path: string,
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const layout = layOut(
    [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    metadata,
  );
  function* chunks(): Generator<Uint8Array> {
    yield encodeHeader(layout);
    for (const { name } of layout.entries) {
      const tensor = tensors.get(name);
      if (tensor !== undefined) yield storedBytesOf(tensor);
    }
  }
  await replaceFile(path, chunks());
}

/**
 * Reads all tensors of `path`.
 *
 * @throws CheckpointError if the file is missing, truncated or damaged, or holds a type that has no place on the host.
 */
export function readSafetensors(path: string): Promise<Safetensors> {
  return withLayout(path, async ({ entries, metadata }, readTensor) => {
    const tensors = new Map<string, HostTensor>();
    for (const entry of entries) tensors.set(entry.name, hostTensorOf(entry, await readTensor(entry)));
    return { tensors, metadata };
  });
}

/** The metadata of `path` alone. @throws CheckpointError as `readSafetensors` does, without looking at the tensors' values. */
export function readSafetensorsMetadata(path: string): Promise<Safetensors["metadata"]> {
  return withLayout(path, async ({ metadata }) => metadata);
}

async function withLayout<R>(
  path: string,
  use: (layout: Layout, readTensor: (entry: TensorEntry) => Promise<Uint8Array<ArrayBuffer>>) => Promise<R>,
): Promise<R> {
  const file = await open(path, "r").catch((cause: unknown) => {
    const reason = errorCode(cause) === "ENOENT" ? "no such file" : String(cause);
    throw new CheckpointError(`could not read ${path}: ${reason}`, { cause });
  });
  try {
    const { size } = await file.stat();
    const readAt = async (position: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> => {
      const target = new Uint8Array(bytes);
      for (let done = 0; done < bytes; ) {
        const { bytesRead } = await file.read(target, done, bytes - done, position + done);
        if (bytesRead === 0) throw new CheckpointError(`${path} became shorter while it was read`);
        done += bytesRead;
      }
      return target;
    };
    const headerBytes = decodeHeaderLength(await readAt(0, Math.min(size, LENGTH_BYTES)), size, path);
    const dataStart = LENGTH_BYTES + headerBytes;
    const layout = decodeHeader(await readAt(LENGTH_BYTES, headerBytes), size - dataStart, path);
    return await use(layout, ({ begin, end }) => readAt(dataStart + begin, end - begin));
  } finally {
    await file.close();
  }
}

function storedBytesOf({ dtype, data }: HostTensor): Uint8Array {
  if (storedDType(dtype).bytes === data.BYTES_PER_ELEMENT) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  return Uint8Array.from(data);
}

function hostTensorOf({ dtype, shape }: TensorEntry, bytes: Uint8Array<ArrayBuffer>): HostTensor {
  if (dtype === "bool") return { dtype, shape, data: Uint32Array.from(bytes, (byte) => (byte === 0 ? 0 : 1)) };
  return { dtype, shape, data: hostArray(dtype, elementCount(shape), bytes.buffer) };
}
