import { describe, expect, test } from "bun:test";
import { TURRET_SERIES_LIMIT, TurretSeries } from "../../../src/store/turret-series.ts";

describe("TurretSeries", () => {
  test("keeps seconds as they were told", () => {
    const series = new TurretSeries();
    series.add(-500_000, [{ turretIndex: 0, cannons: 9 }]);
    series.add(1_200_000, [{ turretIndex: 0, cannons: 4, lagUs: 10 }]);
    series.add(3_900_000, [{ turretIndex: 0, cannons: 5, cpuPercent: 150, batches: 7 }]);
    const steps = series.steps(0);
    expect(steps.map(({ second, cannons }) => [second, cannons])).toEqual([
      [1, 4],
      [3, 5],
    ]);
    expect(steps[0]?.cpuPercent).toBeUndefined();
    expect(steps[1]).toMatchObject({ cpuPercent: 150, batches: 7, lagUs: undefined, seconds: 1 });
  });

  test("of a long run takes longer steps: means, the highest lag, the last count", () => {
    const series = new TurretSeries();
    const hours = 12 * 3_600;
    for (let second = 0; second < hours; second++) {
      series.add(second * 1e6, [
        { turretIndex: 3, cannons: second % 2, lagUs: second === 40_000 ? 99 : 1, batches: second },
      ]);
    }
    const steps = series.steps(3);
    expect(series.stepS).toBe(64);
    expect(steps.length).toBeLessThanOrEqual(TURRET_SERIES_LIMIT.steps);
    expect(steps.every(({ cannons }) => cannons === 0.5)).toBe(true);
    expect(steps.filter(({ lagUs }) => lagUs === 99).map(({ second }) => second)).toEqual([40_000]);
    expect(steps.at(-1)?.batches).toBe(hours - 1);
  });

  test("keeps the first turrets only", () => {
    const series = new TurretSeries();
    const many = TURRET_SERIES_LIMIT.turrets + 20;
    const all = Array.from({ length: many }, (_, turretIndex) => ({ turretIndex, cannons: 1 }));
    series.add(0, all);
    expect(series.turretIndices.length).toBe(TURRET_SERIES_LIMIT.turrets);
    expect(series.steps(many)).toEqual([]);
  });

  test("bears a time that no run has", () => {
    const series = new TurretSeries();
    series.add(1e300, [{ turretIndex: 0, cannons: 1 }]);
    series.add(5e6, [{ turretIndex: 0, cannons: 1 }]);
    expect(series.steps(0).length).toBeLessThanOrEqual(2);
  });
});
