/** The path of a mailbox below `{graphEndpoint}/v1.0`. */
export function mailboxPath(mailbox: string): string {
  if (mailbox === 'me') return '/me';
  // "@" is allowed in a path and stays readable in logs
  return `/users/${/^[\w.@-]+$/.test(mailbox) ? mailbox : encodeURIComponent(mailbox).replaceAll('%40', '@')}`;
}
