/** As much of a message in the mailbox as tells whether it may be a report. */
export interface Arrival {
  readonly id: string;
  readonly from: string | undefined;
  readonly receivedAt: Date;
}

/** What Graph lists, read; `undefined` for what is no message, such as a deleted one. */
export function readArrival(entry: Readonly<Record<string, unknown>>): Arrival | undefined {
  const { id, from, receivedDateTime } = entry;
  const receivedAt = new Date(typeof receivedDateTime === 'string' ? receivedDateTime : Number.NaN);
  if (typeof id !== 'string' || id === '' || '@removed' in entry || Number.isNaN(receivedAt.getTime())) return undefined;
  const address = (from as { emailAddress?: { address?: unknown } } | null | undefined)?.emailAddress?.address;
  return { id, from: typeof address === 'string' ? address : undefined, receivedAt };
}

/** Whether its header says that it is a report. */
export function saysReport(headers: unknown): boolean {
  if (!Array.isArray(headers)) return false;
  return (headers as ({ name?: unknown; value?: unknown } | null)[]).some((header) => {
    const name = typeof header?.name === 'string' ? header.name.toLowerCase() : '';
    if (name === 'x-ms-exchange-message-is-ndr' || name === 'x-failed-recipients') return true;
    return name === 'content-type' && typeof header?.value === 'string' && isReportType(header.value.slice(0, 1000));
  });
}

/** A read receipt is a report, too, and of another kind. */
function isReportType(contentType: string): boolean {
  return /^\s*multipart\/report\b/i.test(contentType) && !/report-type\s*=\s*"?(?!delivery-status)[\w-]/i.test(contentType);
}
