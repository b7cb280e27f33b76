import { describe, expect, test, vi } from "vitest";
import { listenForStop, type SignalSource, type StopSignal } from "./stop-request.ts";

interface FakeProcess extends SignalSource {
  send(signal: StopSignal): void;
  listening(): number;
  readonly exits: readonly number[];
}

function fakeProcess(): FakeProcess {
  const listeners = new Map<StopSignal, () => void>();
  const exits: number[] = [];
  return {
    on: (signal, listener) => listeners.set(signal, listener),
    off: (signal) => listeners.delete(signal),
    exit: (code) => exits.push(code),
    send: (signal) => listeners.get(signal)?.(),
    listening: () => listeners.size,
    exits,
  };
}

describe("a request to stop", () => {
  test("is made by the first Ctrl-C; the second one ends the process", () => {
    const source = fakeProcess();
    const announce = vi.fn();
    let time = 1000;
    const request = listenForStop(source, announce, () => time);
    expect(request.signal.aborted).toBe(false);
    expect(request.exitCode).toBeUndefined();
    source.send("SIGINT");
    expect(request.signal.aborted).toBe(true);
    expect(request.exitCode).toBe(130);
    expect(announce.mock.calls).toEqual([["SIGINT"]]);
    expect(source.exits).toEqual([]);
    time += 600;
    source.send("SIGINT");
    expect(source.exits).toEqual([130]);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("is made by %s, which a package manager may send again", (name, code) => {
    const source = fakeProcess();
    const request = listenForStop(source, () => {});
    source.send(name);
    source.send("SIGTERM");
    source.send("SIGHUP");
    expect(request.exitCode).toBe(code);
    expect(source.exits).toEqual([]);
  });

  test("one Ctrl-C with a SIGTERM behind it is still one Ctrl-C", () => {
    const source = fakeProcess();
    const request = listenForStop(source, () => {});
    source.send("SIGINT");
    source.send("SIGTERM");
    expect(request.exitCode).toBe(130);
    expect(source.exits).toEqual([]);
  });

  test("one Ctrl-C that a parent passes on as well is still one", () => {
    const source = fakeProcess();
    let time = 0;
    listenForStop(
      source,
      () => {},
      () => time,
    );
    source.send("SIGINT");
    time += 20;
    source.send("SIGINT");
    expect(source.exits).toEqual([]);
  });

  test("is listened for until released", () => {
    const source = fakeProcess();
    const request = listenForStop(source, () => {});
    expect(source.listening()).toBe(3);
    request.release();
    expect(source.listening()).toBe(0);
  });
});
