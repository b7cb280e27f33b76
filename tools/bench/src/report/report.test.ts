import { describe, expect, test } from "vitest";
import { benchFileSchema } from "./bench-file.ts";
import { example } from "./example.test-support.ts";
import { ratioText, rowText } from "./format.ts";
import { replaceTables, reportTables } from "./markdown.ts";

describe("a result", () => {
  test("is read as it was written", () => {
    expect(benchFileSchema.parse(JSON.parse(JSON.stringify(example)))).toEqual(example);
  });

  test("without a peak is none", () => {
    const { machine, ...rest } = example;
    expect(benchFileSchema.safeParse({ ...rest, machine: { ...machine, peak: { byBits: {} } } }).success).toBe(false);
  });
});

describe("on the terminal", () => {
  test("a row says rate, spread, share of the peak, and the ratio to each peer", () => {
    expect(example.rows.map(rowText).join("\n")).toMatchInlineSnapshot(`
      "square 512  80.0 GFLOP/s (40.0-160), 80 % of the peak at 128 bits, 40 % of the widest  [512 x 512 x 512; matmul]
        torch: 160 GFLOP/s (80.0-320), ratio 0.50 (best 0.60)
      load  12.0 ms (6.00-24.0)  [alexnet]"
    `);
  });

  test("who has no result is named with the reason", () => {
    const [row] = example.rows;
    expect(row && rowText({ ...row, unmeasured: { ort: "no gradients\nat all" } })).toContain(
      "ort: not measured: no gradients",
    );
  });

  test("ratios end it", () => {
    expect(ratioText({ torch: 0.5 })).toBe("Our speed / the peer's (above 1 we are faster):\n  torch: 0.50");
    expect(ratioText({})).toBe("No peers to compare with.");
  });
});

describe("as Markdown", () => {
  const tables = reportTables([example]);

  test("a result is a section with its machine, its tables and its ratios", () => {
    expect(tables).toMatchInlineSnapshot(`
      "The figures are from a machine that others used at the same time: believe the ratios, whose turns were interleaved, before the
      rates. A figure is the median, with the lowest and the highest of all repetitions. A ratio is our speed divided by the peer's:
      above 1, we are faster; of the medians, and of the shortest times of each where that is another figure.

      ## \`pnpm bench gemm --peers torch,ort\`
      2026-01-02, wasm:0 with 2 threads.

      - Abacus, 2 cores, 16 GiB, Linux x64, Node v20.19.0
      - peak in GFLOP/s with 1 / 2 threads: 128 bits 50 / 100, 256 bits 100 / 200 (cc -O3)
      - environment: \`OPENBLAS_CORETYPE=Haswell\`
      - torch: version 1.13; BLAS libopenblas.so
      - ort did not take part: it is not installed (pnpm install)

      |  |  | ours | of the peak at 128 bits | of the widest | torch | ratio |
      | --- | --- | ---: | ---: | ---: | ---: | ---: |
      | square 512 | 512 x 512 x 512 | 80.0 GFLOP/s (40.0-160) | 80 % | 40 % | 160 GFLOP/s (80.0-320) | 0.50 (best 0.60) |

      |  |  | ours | note |
      | --- | --- | ---: | --- |
      | load | alexnet | 12.0 ms (6.00-24.0) |  |

      Ratios: torch **0.50**."
    `);
  });

  test("a result of a GPU has its peaks, and shares of them", () => {
    const peak = { f32: 160, copy: 3 };
    const datasheet = { f32: 200, memory: 4, source: "its maker" };
    const adapter = { name: "Abacus GPU", driver: "1.0", isSoftware: false, peak, datasheet };
    const rows = example.rows.map(({ peakShare, ...row }) => ({
      ...row,
      ...(peakShare !== undefined && { adapterShare: { measured: 0.5, datasheet: 0.4 } }),
    }));
    const text = reportTables([{ ...example, adapter, rows }]);
    expect(text).toContain(
      "- Abacus GPU (1.0)\n- measured peak: 160 GFLOP/s in f32, copying 3.00 GB/s\n- stated peak: 200",
    );
    expect(text).toContain("| ours | of the measured peak | of the stated peak | torch | ratio |");
    expect(text).toContain("| 80.0 GFLOP/s (40.0-160) | 50 % | 40 % |");
  });

  test("tables take the place of the old ones; what people wrote stays", () => {
    const first = replaceTables("", "old tables");
    expect(first).toContain("# Performance");
    const written = `${first}\n## Where the time goes\n\nIn convolutions.\n`;
    const second = replaceTables(written, tables);
    expect(second).not.toContain("old tables");
    expect(second).toContain("Where the time goes\n\nIn convolutions.\n");
    expect(replaceTables(second, tables)).toBe(second);
  });

  test("a document without the marks keeps all its text", () => {
    expect(replaceTables("# Mine\n", "tables")).toMatch(/^# Mine\n<!-- /);
  });
});
