// IDX, the format of MNIST and its kin: a big-endian header, then bytes in row-major order (http://yann.lecun.com/exdb/mnist/).
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { DatasetError } from "../errors.ts";
import { readDatasetFile } from "./read-file.ts";

export interface IdxArray {
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const DOWNLOAD_AGAIN = "get the file again; it is damaged, or not the file its name says";
/** The third byte of the magic number, for elements of type unsigned byte. */
const UNSIGNED_BYTE = 0x08;

const unpack = promisify(gunzip);

/**
 * Reads an IDX file of unsigned bytes with `rank` dimensions, gzipped or not.
 *
 * @throws DatasetError if it is missing, is not such a file, or is longer or shorter than its header says.
 */
export async function readIdx(file: string, rank: number, missingHint: string = DOWNLOAD_AGAIN): Promise<IdxArray> {
  const stored = await readDatasetFile(file, missingHint);
  return parseIdx(isGzip(stored) ? await unpackGzip(stored, file) : stored, rank, file);
}

/** Parses the bytes of an IDX file; `file` is what errors call them. */
export function parseIdx(contents: Uint8Array<ArrayBuffer>, rank: number, file: string): IdxArray {
  const header = new DataView(contents.buffer, contents.byteOffset, contents.byteLength);
  const headerBytes = 4 + 4 * rank;
  if (contents.length < headerBytes) {
    throw truncated(file, `an IDX header of ${headerBytes} bytes`, contents.length);
  }
  const expectedMagic = (UNSIGNED_BYTE << 8) | rank;
  const magic = header.getUint32(0);
  if (magic !== expectedMagic) {
    throw new DatasetError(
      `${file}: expected the magic number ${hex(expectedMagic)} (IDX, unsigned bytes, ${rank} dimensions), found ${hex(magic)}`,
      { hint: DOWNLOAD_AGAIN },
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => header.getUint32(4 + 4 * axis));
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const bytes = contents.subarray(headerBytes);
  if (bytes.length !== elements) {
    throw truncated(file, `${elements} bytes for [${shape.join(", ")}] after the header`, bytes.length);
  }
  return { shape, bytes };
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function unpackGzip(stored: Buffer<ArrayBuffer>, file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await unpack(stored);
  } catch (cause) {
    throw new DatasetError(`${file}: expected a whole gzip file, found "${(cause as Error).message}"`, {
      hint: DOWNLOAD_AGAIN,
      cause,
    });
  }
}

function truncated(file: string, expected: string, found: number): DatasetError {
  return new DatasetError(`${file}: expected ${expected}, found ${found}`, { hint: DOWNLOAD_AGAIN });
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
