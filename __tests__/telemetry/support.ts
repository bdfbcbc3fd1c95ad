import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';

/** A meter provider whose measurements can be read back at any time. */
export function memoryMeters() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const read = async (): Promise<MetricData[]> => {
    exporter.reset();
    await reader.forceFlush();
    return exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  };
  return {
    provider,
    read,
    /** Name → its data points. */
    async measured(): Promise<Record<string, { attributes: Attributes; value: unknown }[]>> {
      return Object.fromEntries((await read()).map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]));
    },
  };
}
