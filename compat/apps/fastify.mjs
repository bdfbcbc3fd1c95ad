// A Fastify app without an error handler: what its client gets is Fastify's own answer.
import fastify from 'fastify';
import { answerOf, failingMail } from './failing-mail.mjs';

const app = fastify();
const mail = failingMail();
app.post('/invitations', async () => {
  await mail.send();
  return 'sent';
});
await app.listen({ port: 0, host: '127.0.0.1' });
console.log(JSON.stringify({ answer: await answerOf(app.server.address().port), known: mail.known() }));
await app.close();
