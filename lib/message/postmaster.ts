/** Whether reports come from this address: Exchange's own of a tenant, or a mail server's. */
export function isPostmaster(address: string | undefined): boolean {
  return address !== undefined && /^(microsoftexchange[\da-f]{32}|postmaster|mailer-daemon|mail-daemon|mdaemon)@/i.test(address);
}
