// Pictures in Fashion-MNIST's files, few enough for a training of seconds.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const SIDE = 28;
const CLASSES = 10;

/** Writes the four IDX files for `--data fashion-mnist=FOLDER`: bright squares, whose place is the class. */
export async function writeTinyPictures(folder: string, trainCount = 60, testCount = 20): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [prefix, count] of [
    ["train", trainCount],
    ["t10k", testCount],
  ] as const) {
    await writeFile(join(folder, `${prefix}-images-idx3-ubyte`), idx([count, SIDE, SIDE], pictures(count)));
    await writeFile(join(folder, `${prefix}-labels-idx1-ubyte`), idx([count], labels(count)));
  }
}

function labels(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, picture) => picture % CLASSES);
}

function pictures(count: number): Uint8Array {
  const bytes = new Uint8Array(count * SIDE * SIDE);
  labels(count).forEach((label, picture) => {
    const [top, left] = [4 + 10 * Math.floor(label / 5), 3 + 5 * (label % 5)];
    for (let y = top; y < top + 8; y++)
      bytes.fill(200, (picture * SIDE + y) * SIDE + left, (picture * SIDE + y) * SIDE + left + 4);
  });
  return bytes;
}

/** IDX: two zeros, 8 for unsigned bytes, the number of axes, each extent as big-endian u32, the data. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 + shape.length);
  shape.forEach((extent, axis) => {
    header.setUint32(4 + 4 * axis, extent);
  });
  return Uint8Array.from([...new Uint8Array(header.buffer), ...data]);
}
