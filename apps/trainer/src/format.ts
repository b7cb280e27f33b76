// Numbers as a reader of a terminal wants them.

/** 95 -> "1m35s", 7265 -> "2h01m". */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-";
  const whole = Math.max(0, Math.round(seconds));
  const twoDigits = (value: number): string => `${value}`.padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${twoDigits(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${twoDigits(Math.floor((whole % 3600) / 60))}m`;
}

/** 12.345 -> "12.35 %". */
export function formatPercent(percent: number): string {
  return `${percent.toFixed(2)} %`;
}

/** Three significant digits, without an exponent where there are few zeros: 0.00125, 2.30, 512. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return `${value}`;
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential(2);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
