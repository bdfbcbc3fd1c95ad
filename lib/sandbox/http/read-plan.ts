const MOST_BYTES = 8 * 1024;

/** Reads the header `x-graph-transport-plan`; whatever is no base64url of a JSON object counts as not told. */
export function readPlan(header: string | string[] | undefined): Record<string, unknown> | undefined {
  if (typeof header !== 'string' || header.length > MOST_BYTES || !/^[A-Za-z0-9_-]+$/.test(header)) return undefined;
  try {
    const plan: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    return typeof plan === 'object' && plan !== null && !Array.isArray(plan) ? (plan as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
