const { env } = process;

/** What the operator sets; both apps read the same. */
export const settings = {
  smtp: env.SMTP_URL,
  graph: {
    tenantId: env.GRAPH_TENANT_ID,
    clientId: env.GRAPH_CLIENT_ID,
    clientSecret: env.GRAPH_CLIENT_SECRET,
    mailbox: env.GRAPH_SENDER,
  },
  mail: { from: env.GRAPH_SENDER, to: env.MAIL_TO },
};
