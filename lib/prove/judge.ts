import type { Outcome, ProvableFeature } from '../prepared/tenant-facts.js';
import { HEADERS_OF } from './points.js';
import type { View } from './view.js';

type Seen = Exclude<Outcome, 'missing'>;

/** What became of a feature: `sent` is the message as Nodemailer would have sent it over SMTP, `got` what arrived. */
export function judge(feature: ProvableFeature, sent: View, got: View): Seen {
  switch (feature) {
    case 'text':
      return compare(words(sent.text), words(got.text));
    case 'icalEvent':
      if (got.calendarMethod !== undefined && got.calendarMethod === sent.calendarMethod) return 'kept';
      return got.hasCalendar ? 'changed' : 'lost';
    case 'fromName':
      return compare(sent.fromName, got.fromName);
    case 'from':
      return compare(sent.fromAddress, got.fromAddress);
    case 'ownMessageId':
      return compare(sent.messageId, got.messageId);
    default:
      return compareHeaders(HEADERS_OF[feature] ?? [], sent, got);
  }
}

function compare(was: string, is: string): Seen {
  if (is === was) return 'kept';
  return is === '' ? 'lost' : 'changed';
}

/** Line breaks and blanks are the transport's. */
const words = (text = ''): string => text.replace(/\s+/g, ' ').trim();

function compareHeaders(names: readonly string[], sent: View, got: View): Seen {
  const outcomes = names.map((name) => compare(valueOf(sent, name), valueOf(got, name)));
  if (outcomes.every((outcome) => outcome === 'kept')) return 'kept';
  return outcomes.every((outcome) => outcome === 'lost') ? 'lost' : 'changed';
}

/** Blanks behind a comma say nothing. */
const valueOf = ({ headers }: View, name: string): string => (headers.get(name) ?? []).join(', ').replace(/,\s*/g, ', ');
