// A Koa app without an error handler: what its client gets is Koa's own answer.
import Koa from 'koa';
import { answerOf, failingMail } from './failing-mail.mjs';

const app = new Koa();
app.silent = true;
const mail = failingMail();
app.use(async (context) => {
  await mail.send();
  context.body = 'sent';
});
const server = app.listen(0, '127.0.0.1', async () => {
  console.log(JSON.stringify({ answer: await answerOf(server.address().port), known: mail.known() }));
  server.close();
});
