import { describe, expect, test } from "vitest";
import { squareMatmuls } from "../network-tasks.ts";
import type { Task } from "../task.ts";
import { fakePeer } from "./fake-peer.test-support.ts";
import { startPeer } from "./peer-process.ts";

const task = squareMatmuls([8])[0]?.task as Task;

describe("a peer", () => {
  test("introduces itself, and answers requests with what it measured", async () => {
    await using peer = await startPeer(
      fakePeer("return { id: request.id, seconds: [request.task.m, request.milliseconds] };"),
    );
    expect(peer).toMatchObject({ name: "fake", library: "fakes", details: { version: "1", threads: "2" } });
    expect(await peer.measure(task, 300)).toEqual({ kind: "measured", seconds: [8, 300] });
    expect(await peer.measure(task, 100)).toEqual({ kind: "measured", seconds: [8, 100] });
  });

  test("may tell phases, memory and how it did it", async () => {
    const answer = { seconds: [2], phases: { forward: [1] }, residentBytes: 5, note: "sliced" };
    await using peer = await startPeer(fakePeer(`return { id: request.id, ...${JSON.stringify(answer)} };`));
    expect(await peer.measure(task, 1)).toEqual({ kind: "measured", ...answer });
  });

  test.each([
    ["has nothing for the task", `return { id: request.id, unsupported: "no groups" };`, "no groups"],
    ["fails at the task", `return { id: request.id, error: "out of memory" };`, "out of memory"],
    ["dies", `console.error("too much"); process.exit(3);`, "fake does not answer: it ended with code 3\ntoo much"],
    ["answers another request", "return { id: 77, seconds: [1] };", "fake answered request 77, expected 0"],
  ])("that %s says so", async (_, answer, reason) => {
    await using peer = await startPeer(fakePeer(answer));
    expect(await peer.measure(task, 1)).toEqual({ kind: "unmeasured", reason });
  });

  test("that answers with something else is not believed", async () => {
    await using peer = await startPeer(fakePeer("return { id: request.id, seconds: [] };"));
    expect((await peer.measure(task, 1)).kind).toBe("unmeasured");
  });

  test("that takes too long is ended, and started again for the next task", async () => {
    const slowOnce = `if (request.milliseconds === 1) { while (true); } return { id: request.id, seconds: [1] };`;
    await using peer = await startPeer({ ...fakePeer(slowOnce), patienceSeconds: 3 });
    expect(await peer.measure(task, 1)).toEqual({ kind: "unmeasured", reason: "no answer within 3 s" });
    expect((await peer.measure(task, 2)).kind).toBe("measured");
  });

  test("that does not come up is refused with what it wrote", async () => {
    const broken = fakePeer("", `console.error("Error: no such module"); process.exit(1);`);
    await expect(startPeer(broken)).rejects.toThrow("Error: no such module");
    await expect(startPeer({ ...broken, command: "/no/such/program" })).rejects.toThrow("fake does not answer");
  });
});
