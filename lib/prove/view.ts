import { simpleParser, type Attachment } from 'mailparser';

/** What a reader sees of a message source, as far as it is compared. */
export interface View {
  subject: string;
  text: string | undefined;
  fromName: string;
  /** Lower case. */
  fromAddress: string;
  messageId: string;
  /** Of a calendar that is an alternative of the body: its `method`. */
  calendarMethod: string | undefined;
  /** A calendar anywhere, and be it as a file. */
  hasCalendar: boolean;
  /** Values by name in lower case, unfolded. */
  headers: ReadonlyMap<string, readonly string[]>;
}

/** Reads a message source. */
export async function viewOf(source: Buffer): Promise<View> {
  const { subject, text, from, messageId, attachments, headerLines } = await simpleParser(source, {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    skipImageLinks: true,
  });
  const [sender] = from?.value ?? [];
  const calendars = attachments.filter(({ contentType, filename }) => contentType === 'text/calendar' || /\.ics$/i.test(filename ?? ''));
  const headers = new Map<string, string[]>();
  for (const { key, line } of headerLines) {
    const value = line.slice(line.indexOf(':') + 1);
    headers.set(key, [...(headers.get(key) ?? []), value.replace(/\s+/g, ' ').trim()]);
  }
  return {
    subject: subject ?? '',
    text,
    fromName: sender?.name ?? '',
    fromAddress: sender?.address?.toLowerCase() ?? '',
    messageId: messageId ?? '',
    calendarMethod: calendars.filter((part) => part.contentDisposition !== 'attachment').map(methodOf)[0],
    hasCalendar: calendars.length > 0,
    headers,
  };
}

function methodOf({ headers }: Attachment): string | undefined {
  const type = headers.get('content-type') as { params?: Record<string, string> } | undefined;
  return type?.params?.['method']?.toUpperCase();
}
