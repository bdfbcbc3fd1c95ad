import { parseSendmailArguments, SendmailUsageError } from '../../../lib/cli/sendmail/arguments.js';

const nothing = {
  task: 'send',
  queueOnly: false,
  recipients: [],
  recipientsFromHeader: false,
  ignoreDots: false,
  sender: undefined,
  fullName: undefined,
  verbose: false,
};

test.each<[string, object]>([
  ['', {}],
  ['-t -i', { recipientsFromHeader: true, ignoreDots: true }],
  ['-ti', { recipientsFromHeader: true, ignoreDots: true }],
  ['-oi -t', { recipientsFromHeader: true, ignoreDots: true }],
  ['-o i', { ignoreDots: true }],
  ['-oem -odi -om -o7 -oee', {}],
  ['-t -i -f alerts@contoso.com', { recipientsFromHeader: true, ignoreDots: true, sender: 'alerts@contoso.com' }],
  ['-falerts@contoso.com', { sender: 'alerts@contoso.com' }],
  ['-tifalerts@contoso.com', { recipientsFromHeader: true, ignoreDots: true, sender: 'alerts@contoso.com' }],
  ['-r alerts@contoso.com', { sender: 'alerts@contoso.com' }],
  ['-f <alerts@contoso.com>', { sender: 'alerts@contoso.com' }],
  ['-f <>', { sender: '' }],
  ['-FCron', { fullName: 'Cron' }],
  ['-F Cron -v', { fullName: 'Cron', verbose: true }],
  ['a@example.com b@example.com', { recipients: ['a@example.com', 'b@example.com'] }],
  ['a@example.com -i b@example.com', { recipients: ['a@example.com', 'b@example.com'], ignoreDots: true }],
  ['-i -- -odd@example.com -t', { recipients: ['-odd@example.com', '-t'], ignoreDots: true }],
  ['-bm -B 8BITMIME -N never -R hdrs -V id -h 3 -p smtp -X log -C main.cf -L tag -O a=b -Am -n -m -G -U -c -ep -d0.1', {}],
  ['-FCronDaemon -odi -oem -oi -t -f root', { fullName: 'CronDaemon', ignoreDots: true, recipientsFromHeader: true, sender: 'root' }],
  // as programs call it: fail2ban, unattended-upgrades, mdadm and logwatch, PHPMailer, Ruby's mail, Request Tracker, Symfony and Laravel
  ['-f fail2ban@contoso.com root', { sender: 'fail2ban@contoso.com', recipients: ['root'] }],
  ['-oi -t', { ignoreDots: true, recipientsFromHeader: true }],
  ['-t', { recipientsFromHeader: true }],
  ['-oi -fshop@contoso.com -t', { ignoreDots: true, sender: 'shop@contoso.com', recipientsFromHeader: true }],
  ['-i -f shop@contoso.com -- a@example.com', { ignoreDots: true, sender: 'shop@contoso.com', recipients: ['a@example.com'] }],
  ['-oi -t -ODeliveryMode=b -OErrorMode=m', { ignoreDots: true, recipientsFromHeader: true }],
  ['-N delay,failure -R full -V 1a2b a@example.com', { recipients: ['a@example.com'] }],
  ['-bs', { task: 'serve' }],
  ['-bs -i', { task: 'serve', ignoreDots: true }],
  ['-bp', { task: 'showQueue' }],
  ['-bi', { task: 'nothing' }],
  ['-I', { task: 'nothing' }],
  ['-q', { task: 'flush' }],
  ['-q30m', { task: 'flush' }],
  ['-qI20261126T080000-0123abcd', { task: 'flush', queueId: '20261126T080000-0123abcd' }],
  ['-qI 20261126T080000-0123abcd', { task: 'flush', queueId: '20261126T080000-0123abcd' }],
  ['-odq a@example.com', { queueOnly: true, recipients: ['a@example.com'] }],
])('"%s"', (line, expected) => {
  expect(parseSendmailArguments(line.split(' ').filter(Boolean))).toEqual({ ...nothing, ...expected });
});

test('a full name keeps its blanks', () => {
  expect(parseSendmailArguments(['-F', 'Cron Daemon', 'a@example.com'])).toMatchObject({
    fullName: 'Cron Daemon',
    recipients: ['a@example.com'],
  });
});

test.each([
  [['-z'], 'unknown option -z'],
  [['-tz'], 'unknown option -z'],
  [['-f'], 'option -f needs a value'],
  [['-qI'], 'option -qI needs a value'],
  [['-bt'], 'mode -bt is not supported'],
  [['-bd'], 'mode -bd is not supported'],
  [['-t', '--mailbox', 'x'], 'stand before'],
])('%j is refused', (argv, text) => {
  expect(() => parseSendmailArguments(argv)).toThrow(SendmailUsageError);
  expect(() => parseSendmailArguments(argv)).toThrow(text);
});
