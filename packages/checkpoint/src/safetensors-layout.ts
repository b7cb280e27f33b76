// The safetensors format (https://huggingface.co/docs/safetensors): where each tensor lies, as its JSON header says.
//
//   8 bytes   length of the header, u64, little-endian
//   header    JSON: name -> {dtype, shape, data_offsets: [begin, end]}, and optional text under __metadata__
//   data      the tensors, without gaps; offsets count from its first byte
import { type DType, elementCount } from "@tandem/core";
import { z } from "zod";
import { CheckpointError } from "./errors.ts";

export const LENGTH_BYTES = 8;
/** The limit of the format's own implementation: a damaged length must not become a huge allocation. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA_KEY = "__metadata__";

/** How elements are stored, which differs from host memory for bool alone. */
export interface StoredDType {
  readonly name: string;
  readonly bytes: number;
}

const STORED = {
  f64: { name: "F64", bytes: 8 },
  f32: { name: "F32", bytes: 4 },
  f16: { name: "F16", bytes: 2 },
  i32: { name: "I32", bytes: 4 },
  u32: { name: "U32", bytes: 4 },
  bool: { name: "BOOL", bytes: 1 },
} as const satisfies Record<DType, StoredDType>;

/** What can be read; f16 has no array on the host. */
const READABLE: ReadonlyMap<string, DType> = new Map(
  (["f64", "f32", "i32", "u32", "bool"] as const).map((dtype) => [STORED[dtype].name, dtype]),
);

export function storedDType(dtype: DType): StoredDType {
  return STORED[dtype];
}

export interface TensorEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

export interface Layout {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes. */
  readonly entries: readonly TensorEntry[];
  readonly dataBytes: number;
}

export type TensorDescription = Pick<TensorEntry, "name" | "dtype" | "shape">;

/** Lays tensors out one after the other: wide elements first, as the format asks, so that each is aligned; then by name. */
export function layOut(tensors: readonly TensorDescription[], metadata: Readonly<Record<string, string>> = {}): Layout {
  const ordered = [...tensors].sort(
    (a, b) => STORED[b.dtype].bytes - STORED[a.dtype].bytes || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  let begin = 0;
  const entries = ordered.map(({ name, dtype, shape }) => {
    if (name === METADATA_KEY) throw new CheckpointError(`a tensor cannot be called ${METADATA_KEY}`);
    const end = begin + storedBytes(dtype, shape);
    const entry: TensorEntry = { name, dtype, shape, begin, end };
    begin = end;
    return entry;
  });
  return { metadata, entries, dataBytes: begin };
}

/** The file's first bytes: the header's length and the header, padded with spaces so that the data starts at a multiple of eight. */
export function encodeHeader(layout: Layout): Uint8Array {
  const fields: [string, unknown][] = layout.entries.map(({ name, dtype, shape, begin, end }) => [
    name,
    { dtype: STORED[dtype].name, shape, data_offsets: [begin, end] },
  ]);
  if (Object.keys(layout.metadata).length > 0) fields.unshift([METADATA_KEY, layout.metadata]);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, LENGTH_BYTES);
  return header;
}

/**
 * Reads the header's length from the first eight bytes.
 *
 * @throws CheckpointError where the file cannot hold a header of that length.
 */
export function decodeHeaderLength(prefix: Uint8Array, fileBytes: number, file: string): number {
  if (prefix.length < LENGTH_BYTES || fileBytes < LENGTH_BYTES) {
    throw damaged(file, `expected at least ${LENGTH_BYTES} bytes, found ${fileBytes}`);
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw damaged(file, `its header claims ${length} bytes; at most ${MAX_HEADER_BYTES} are allowed`);
  }
  if (LENGTH_BYTES + Number(length) > fileBytes) {
    throw damaged(file, `its header claims ${length} bytes; only ${fileBytes - LENGTH_BYTES} follow`);
  }
  return Number(length);
}

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.object({ dtype: z.string(), shape: z.array(count), data_offsets: z.tuple([count, count]) });
const metadataSchema = z.record(z.string(), z.string());

/**
 * Reads the header and checks it against the number of data bytes that follow it.
 *
 * @throws CheckpointError for anything but tensors of known types that cover the data exactly.
 */
export function decodeHeader(header: Uint8Array, dataBytes: number, file: string): Layout {
  const fields = new Map(Object.entries(parseObject(header, file)));
  const metadata = metadataSchema.safeParse(fields.get(METADATA_KEY) ?? {});
  if (!metadata.success) throw damaged(file, `${METADATA_KEY} should map names to text`);
  fields.delete(METADATA_KEY);
  const entries = [...fields].map(([name, field]) => decodeEntry(name, field, file));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, dataBytes, file);
  return { metadata: metadata.data, entries, dataBytes };
}

function parseObject(header: Uint8Array, file: string): object {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
  } catch (cause) {
    throw damaged(file, "its header is not JSON in UTF-8", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw damaged(file, "its header is not a JSON object");
  }
  return value;
}

function decodeEntry(name: string, field: unknown, file: string): TensorEntry {
  const parsed = entrySchema.safeParse(field);
  if (!parsed.success) {
    throw damaged(file, `tensor ${name} should have a dtype, a shape and two data_offsets; found ${excerpt(field)}`);
  }
  const { dtype: storedName, shape, data_offsets } = parsed.data;
  const [begin, end] = data_offsets;
  const dtype = READABLE.get(storedName);
  if (dtype === undefined) {
    throw new CheckpointError(
      `${file}: tensor ${name} has dtype ${storedName}; the known ones are ${[...READABLE.keys()].join(", ")}`,
      { hint: "convert the tensor to F32 where the file is made" },
    );
  }
  const expected = storedBytes(dtype, shape);
  if (end - begin !== expected) {
    throw damaged(
      file,
      `tensor ${name}, ${storedName} of shape [${shape.join(", ")}], takes ${expected} bytes; its offsets ${begin} to ${end} span ${end - begin}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function checkCoverage(entries: readonly TensorEntry[], dataBytes: number, file: string): void {
  let covered = 0;
  let previous = "the header";
  for (const { name, begin, end } of entries) {
    if (end > dataBytes) {
      throw damaged(file, `tensor ${name} ends at byte ${end} of the data; only ${dataBytes} bytes are there`);
    }
    if (begin < covered) throw damaged(file, `tensors ${previous} and ${name} overlap at byte ${begin} of the data`);
    if (begin > covered) throw damaged(file, `bytes ${covered} to ${begin} of the data belong to no tensor`);
    covered = end;
    previous = name;
  }
  if (covered !== dataBytes) throw damaged(file, `bytes ${covered} to ${dataBytes} of the data belong to no tensor`);
}

function storedBytes(dtype: DType, shape: readonly number[]): number {
  return elementCount(shape) * STORED[dtype].bytes;
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

function damaged(file: string, finding: string, cause?: unknown): CheckpointError {
  return new CheckpointError(`${file} is not a whole safetensors file: ${finding}`, {
    hint: "it may be truncated or damaged; take another checkpoint of the run, or make the file again",
    cause,
  });
}
