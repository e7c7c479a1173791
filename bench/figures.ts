import { median } from './statistics.ts';

/** One row of the table: the values of all rounds, and the limit that they are compared with. */
export type Figure = {
  name: string;
  unit: 'x' | 'ms' | 'MB' | 'rows';
  values: number[];
  target: number;
  stretch?: number;
  note?: string;
};

function shown(value: number, unit: Figure['unit']): string {
  if (!Number.isFinite(value)) return '-';
  if (unit === 'x') return `${value.toFixed(2)} x`;
  return `${value.toFixed(unit === 'ms' ? 1 : 0)} ${unit}`;
}

function verdict({ values, target, stretch }: Figure): string {
  const value = median(values);
  if (!Number.isFinite(value)) return 'not measured';
  if (stretch !== undefined && value <= stretch) return 'stretch';
  return value <= target ? 'met' : 'MISSED';
}

/** The figures as a table, each with the spread of its rounds, its target and its stretch. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, unit, values, target, stretch, note } = figure;
    const spread = values.length > 1 ? `${shown(Math.min(...values), unit)} – ${shown(Math.max(...values), unit)}` : '';
    const limits = [shown(target, unit), stretch === undefined ? '' : shown(stretch, unit)];
    return [name, shown(median(values), unit), spread, ...limits, verdict(figure), note ?? ''];
  });
  const table = [['figure', 'median', 'rounds', 'target', 'stretch', '', ''], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
