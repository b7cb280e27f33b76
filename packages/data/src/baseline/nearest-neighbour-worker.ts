// The thread of the nearest-neighbour baseline.
import { parentPort, workerData } from "node:worker_threads";
import { type NearestNeighbourInput, nearestNeighbourErrors } from "./nearest-neighbour.ts";

const input: NearestNeighbourInput = workerData;
parentPort?.postMessage(nearestNeighbourErrors(input));
