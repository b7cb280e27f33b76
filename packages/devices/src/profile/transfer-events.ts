// The transfers of a trace: a slice at the sender, one at the receiver, and an arrow between them.
import type { Span, TransferProfile } from "@tandem/core";
import { assignRows } from "./rows.ts";
import type { TraceEvent } from "./trace-event.ts";

/** Above all numbers of threads, so that these rows come last. */
const FIRST_ROW = 10_000;
/** Of what took no time, so that it can be seen and an arrow can end there. */
const LEAST_MICROSECONDS = 1;

interface Slice {
  readonly pid: number;
  readonly direction: "send" | "receive";
  /** Index of its transfer. */
  readonly arrow: number;
  readonly span: Span;
}

/** `origin` is zero of the trace's times, in milliseconds. */
export function transferEvents(
  transfers: readonly TransferProfile[],
  deviceNames: readonly string[],
  origin: number,
): readonly TraceEvent[] {
  const slices = transfers.flatMap(({ from, to, sent, received }, arrow): readonly Slice[] => [
    { pid: deviceNames.indexOf(from), direction: "send", arrow, span: microseconds(sent, origin) },
    { pid: deviceNames.indexOf(to), direction: "receive", arrow, span: microseconds(received, origin) },
  ]);
  return deviceNames.flatMap((_, pid) => {
    const own = slices.filter((slice) => slice.pid === pid);
    const rows = assignRows(own.map(({ span }) => span));
    const names = [...new Set(rows)].map((row): TraceEvent => {
      const args = { name: row === 0 ? "transfers" : `transfers ${row + 1}` };
      return { ph: "M", name: "thread_name", pid, tid: FIRST_ROW + row, args };
    });
    return [...names, ...own.flatMap((slice, index) => eventsOf(slice, FIRST_ROW + (rows[index] ?? 0), transfers))];
  });
}

function eventsOf(
  { pid, direction, arrow: id, span: { start: ts, end } }: Slice,
  tid: number,
  transfers: readonly TransferProfile[],
): readonly TraceEvent[] {
  const transfer = transfers[id];
  if (transfer === undefined) return [];
  const { scope, bytes, from, to, sent } = transfer;
  const milliseconds = sent.end - sent.start;
  const slice = {
    name: scope === "" ? direction : `${direction} ${scope}`,
    cat: "transfer",
    args: {
      bytes,
      ...(direction === "send" ? { to, "GB/s": milliseconds > 0 ? bytes / milliseconds / 1e6 : 0 } : { from }),
    },
  };
  const arrow = { id, name: "transfer", cat: "transfer", ts, pid, tid };
  return [
    { ph: "X", ...slice, ts, dur: end - ts, pid, tid },
    direction === "send" ? { ph: "s", ...arrow } : { ph: "f", bp: "e", ...arrow },
  ];
}

function microseconds({ start, end }: Span, origin: number): Span {
  const [from, to] = [1000 * (start - origin), 1000 * (end - origin)];
  return { start: from, end: Math.max(to, from + LEAST_MICROSECONDS) };
}
