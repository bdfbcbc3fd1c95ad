import type { SandboxAddress, SandboxMessage } from '../../types.js';
import type { ApiEnvelopeRow, ApiPlan } from '../api-types.js';
import type { About } from '../journal/entries.js';

/** Address by address: where it stands, whether it gets a copy, and why. Equals `message.recipients`, plus who was taken out. */
export function renderEnvelope(
  message: Pick<SandboxMessage, 'to' | 'cc' | 'bcc' | 'recipients'>,
  plan: ApiPlan | null,
  bounced: ReadonlySet<string> = new Set(),
): ApiEnvelopeRow[] {
  const added = new Set(plan?.added.map((address) => address.toLowerCase()));
  const rows = collect(message);
  for (const row of rows.values()) {
    const key = row.address.toLowerCase();
    row.gets = message.recipients.includes(key);
    if (bounced.has(key)) tell(row, 'bounced', 'Accepted and then not delivered: the mailbox gets a report, see Bounces.');
    else if (!row.gets) tell(row, 'header-kept', 'A header shows it, and it gets nothing.');
    else if (row.to || row.cc) tell(row, row.to ? 'to' : 'cc', `A header names it: ${row.to ? 'To' : 'Cc'}.`);
    else if (added.has(key))
      tell(row, 'envelope-only', 'Only the envelope has it and no header does, so it travels as Bcc: the others do not see it.');
    else
      tell(
        row,
        'bcc',
        plan ? 'The app set Bcc: the others do not see it.' : 'Bcc, set by the app or by the envelope alone: the others do not see it.',
      );
  }
  for (const { address, field } of plan?.removed ?? []) {
    if (rows.has(address.toLowerCase())) continue;
    const row = emptyRow({ address, name: '' });
    row[field] = true;
    tell(row, 'removed', `Taken out of ${titles[field]}: it is not in the envelope (a redirect, perhaps), so it gets nothing.`);
    rows.set(address.toLowerCase(), row);
  }
  return [...rows.values()];
}

/** The same for a message that was refused. */
export function renderRefusedEnvelope(about: About | undefined, plan: ApiPlan | null): ApiEnvelopeRow[] {
  const rows = about ? [...collect(about).values()] : [];
  for (const address of rows.length === 0 ? (plan?.envelope?.to ?? []) : []) rows.push(emptyRow({ address, name: '' }));
  for (const row of rows) tell(row, 'refused', 'Nothing was delivered.');
  return rows;
}

const titles = { to: 'To', cc: 'Cc', bcc: 'Bcc' };

function collect(message: Pick<SandboxMessage, 'to' | 'cc' | 'bcc'>): Map<string, ApiEnvelopeRow> {
  const rows = new Map<string, ApiEnvelopeRow>();
  for (const field of ['to', 'cc', 'bcc'] as const) {
    for (const entry of message[field]) {
      const key = entry.address.toLowerCase();
      const row = rows.get(key) ?? emptyRow(entry);
      row[field] = true;
      rows.set(key, row);
    }
  }
  return rows;
}

const emptyRow = ({ address, name }: SandboxAddress): ApiEnvelopeRow => ({
  address,
  name,
  to: false,
  cc: false,
  bcc: false,
  gets: false,
  why: 'refused',
  detail: '',
});

function tell(row: ApiEnvelopeRow, why: ApiEnvelopeRow['why'], detail: string): void {
  row.why = why;
  row.detail = detail;
}
