// node dist/main.js [FOLDER]: writes the embedded Fashion-MNIST from the IDX files in FOLDER, by default those of Debian's
// package dataset-fashion-mnist. The same files give the same sheets.
import { fileURLToPath } from "node:url";
import { FASHION_MNIST_DEBIAN_FOLDER } from "@tandem/data";
import { embedFashionMnist } from "./embed.ts";

const source = process.argv[2] ?? FASHION_MNIST_DEBIAN_FOLDER;
const target = fileURLToPath(new URL("../../../packages/data/embedded/fashion-mnist/", import.meta.url));
const { sheets } = await embedFashionMnist(source, target, { train: 20_000, test: 10_000 });
console.log(`${sheets.length} sheets in ${target}`);
