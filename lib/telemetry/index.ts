/**
 * OpenTelemetry spans and metrics of every message and request. Needs the package `@opentelemetry/api`. Begin with
 * {@link GraphTransportInstrumentation}.
 *
 * @module nodemailer-graph-transport/telemetry
 */
export { GraphTransportInstrumentation, type GraphTransportInstrumentationConfig } from './instrumentation.js';
