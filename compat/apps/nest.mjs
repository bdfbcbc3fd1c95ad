// A NestJS 10 app without an exception filter: what its client gets is Nest's own answer.
import 'reflect-metadata';
import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { answerOf, failingMail } from './failing-mail.mjs';

const mail = failingMail();

class Invitations {
  invite() {
    return mail.send();
  }
}
class App {}
// what decorators do
Post('invitations')(Invitations.prototype, 'invite', Object.getOwnPropertyDescriptor(Invitations.prototype, 'invite'));
Controller()(Invitations);
Module({ controllers: [Invitations] })(App);

const app = await NestFactory.create(App, { logger: false });
await app.listen(0, '127.0.0.1');
console.log(JSON.stringify({ answer: await answerOf(app.getHttpServer().address().port), known: mail.known() }));
await app.close();
