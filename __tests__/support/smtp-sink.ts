import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** What came over SMTP: the envelope and the bytes of DATA. */
export interface SmtpDelivery {
  recipients: string[];
  /** NOTIFY of each recipient, upper case. */
  notify: string[][];
  source: Buffer;
}

/** A real SMTP server on this machine that keeps what it gets. */
export interface SmtpSink {
  readonly port: number;
  readonly deliveries: SmtpDelivery[];
  close(): Promise<void>;
}

interface Envelope {
  rcptTo: { address: string; dsn?: { notify?: string[] } }[];
}

export async function startSmtpSink(): Promise<SmtpSink> {
  const deliveries: SmtpDelivery[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    hideDSN: false,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { rcptTo } = session.envelope as Envelope;
        deliveries.push({
          recipients: rcptTo.map(({ address }) => address),
          notify: rcptTo.map(({ dsn }) => [dsn?.notify ?? []].flat().map((when) => when.toUpperCase())),
          source: Buffer.concat(chunks),
        });
        callback();
      });
    },
  });
  // a client that gives up in the middle of a message
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => listening.once('listening', resolve));
  return {
    port: (listening.address() as AddressInfo).port,
    deliveries,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
