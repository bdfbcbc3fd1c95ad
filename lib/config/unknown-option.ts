/** Where an option of Nodemailer's SMTP transports has gone; the table of docs/migration.md in short. */
const MOVED: readonly [names: readonly string[], where: string][] = [
  [['service', 'url', 'host', 'port', 'secure'], 'leave it out; the hosts follow from "cloud"'],
  [['auth'], 'leave it out; "tenantId", "clientId" and "clientSecret" sign in, and "mailbox" is the old auth.user'],
  [['user', 'username'], 'leave it out; "mailbox" says whose mailbox sends'],
  [['pass', 'password'], 'leave it out; "clientSecret" signs in'],
  [['authMethod', 'forceAuth', 'customAuth'], 'leave it out; a sign-in of your own is a "credential"'],
  [['requireTLS', 'ignoreTLS', 'opportunisticTLS', 'secured', 'servername'], 'leave it out; it is always TLS, with certificates checked'],
  [['rejectUnauthorized'], 'leave it out; certificates are always checked, and "tls.ca" trusts another authority'],
  [['ca'], 'it is "tls.ca"'],
  [['pool', 'maxMessages', 'idleTimeout'], 'leave it out; connections are always kept and renewed as needed'],
  [['maxRequeues'], 'leave it out; "retries" repeats what was certainly not accepted'],
  [
    ['greetingTimeout', 'dnsTimeout', 'socketCloseTimeout', 'maxResponseSize'],
    'leave it out; "requestTimeout" limits a request as a whole',
  ],
  [['name', 'localAddress', 'allowInternalNetworkInterfaces', 'lmtp'], 'leave it out; there is no EHLO'],
  [['getSocket', 'socket', 'connection', 'socks5', 'socks'], 'leave it out; use "proxy"'],
  [['httpsProxy', 'httpProxy'], 'it is "proxy"'],
  [['debug', 'transactionLog'], "leave it out; the logger's debug level has more"],
  [['dkim'], 'leave it out; Exchange signs'],
  [
    ['disableFileAccess', 'disableUrlAccess', 'attachDataUrls', 'normalizeHeaderKey', 'from', 'headers', 'replyTo'],
    'it belongs into the second argument of createTransport() or into the message',
  ],
  [['sender', 'userId', 'userPrincipalName', 'fromAddress'], 'it is "mailbox"'],
  [['tenant', 'directoryId'], 'it is "tenantId"'],
  [['client', 'appId', 'applicationId'], 'it is "clientId"'],
  [['secret'], 'it is "clientSecret"'],
  [['certificate', 'certificatePath', 'certificatePassword'], 'it belongs into "clientCertificate"'],
  [['authority', 'authorityUrl'], 'it is "authorityHost"'],
  [['endpoint', 'baseUrl'], 'it is "graphEndpoint"'],
];

/** What to say about an option that is not known, to be put behind it; empty if nothing is known. */
export function whereItWent(name: string, known: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[_-]/g, '');
  const similar = known.find((candidate) => plain(candidate) === plain(name));
  if (similar !== undefined) return `; did you mean "${similar}"?`;
  const moved = MOVED.find(([names]) => names.some((candidate) => plain(candidate) === plain(name)));
  return moved ? `: ${moved[1]}` : '';
}
