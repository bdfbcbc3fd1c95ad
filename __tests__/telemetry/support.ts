import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { ROOT_CONTEXT, type Attributes, type Context, type ContextManager } from '@opentelemetry/api';
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

/** What the SDK for Node.js registers: the active context follows promises and callbacks. */
export function asyncContexts(): ContextManager {
  const store = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => store.getStore() ?? ROOT_CONTEXT,
    with: (context, task, thisArg, ...args) => store.run(context, () => task.call(thisArg as never, ...args)),
    bind: (context, target) => (typeof target === 'function' ? store.run(context, () => AsyncResource.bind(target as never)) : target),
    enable: () => manager,
    disable() {
      store.disable();
      return manager;
    },
  };
  return manager;
}
