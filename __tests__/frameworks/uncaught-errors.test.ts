import 'reflect-metadata';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import express from 'express';
import nodemailer from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { GraphTransportError } from '../../lib/index.js';
import { expectNothingToldBy, UNCAUGHT, useFailures } from './support/uncaught.js';

const failures = useFailures();
const cleanups: (() => Promise<unknown>)[] = [];
const environment = process.env['NODE_ENV'];

beforeAll(() => {
  process.env['NODE_ENV'] = 'production';
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterAll(() => {
  process.env['NODE_ENV'] = environment;
  jest.restoreAllMocks();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function post(url: string) {
  const response = await fetch(`${url}/invitations`, { method: 'POST', headers: { connection: 'close' } });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
}

describe.each(UNCAUGHT)('$what, which the app does not catch', (failure) => {
  test('is a plain 500 in Express 5', async () => {
    const mail = failures.app(failure);
    const app = express();
    app.post('/invitations', async (_request, response) => {
      await mail.send();
      response.end();
    });
    const answer = await post(await listen(createServer(app)));
    expect(mail.error).toMatchObject(failure.error);
    expect(answer).toMatchObject({ status: 500, retryAfter: null });
    expectNothingToldBy(mail.error, answer.text);
  });

  test('is a plain 500 in NestJS 11', async () => {
    const mail = failures.app(failure);
    const app = await nestApp(() => mail.send());
    const answer = await post(app);
    expect(mail.error).toMatchObject(failure.error);
    expect(answer).toMatchObject({ status: 500, retryAfter: null });
    expect(JSON.parse(answer.text)).toEqual({ statusCode: 500, message: 'Internal server error' });
  });

  test(`is answered with ${failure.responseCode} by an SMTP relay`, async () => {
    const mail = failures.app(failure);
    const relay = await startRelay(() => mail.send());
    const refusal = await relay.submit();
    expect(mail.error).toMatchObject({ ...failure.error, responseCode: failure.responseCode });
    expect(refusal.responseCode).toBe(failure.responseCode);
  });
});

test('no property of an error, own or inherited, is one that web frameworks answer with', () => {
  const error = new GraphTransportError('EGRAPH', 'failed', { httpStatus: 429, retryAfter: 5, cause: new Error('cause') });
  for (const name of [
    'status',
    'statusCode',
    'statusMessage',
    'statusText',
    'expose',
    'headers',
    'output',
    'getStatus',
    'getResponse',
    'body',
  ]) {
    expect(name in error).toBe(false);
  }
});

async function nestApp(send: () => Promise<unknown>): Promise<string> {
  class Invitations {
    invite(): Promise<unknown> {
      return send();
    }
  }
  class App {}
  // what decorators do, which these tests are not compiled with
  const { prototype } = Invitations;
  Post('invitations')(prototype, 'invite', Object.getOwnPropertyDescriptor(prototype, 'invite') as PropertyDescriptor);
  Controller()(Invitations);
  Module({ controllers: [Invitations] })(App);
  const app = await NestFactory.create(App, new ExpressAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  cleanups.push(() => app.close());
  return app.getUrl();
}

/** A relay as smtp-server's documentation has it, which hands every message on. */
async function startRelay(send: () => Promise<unknown>) {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onData(stream, _session, callback) {
      stream.resume().on('end', () => void send().then(() => callback(), callback));
    },
  });
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => listening.once('listening', resolve));
  const client = nodemailer.createTransport({ host: '127.0.0.1', port: (listening.address() as AddressInfo).port, ignoreTLS: true });
  cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return {
    submit: () =>
      client.sendMail({ from: 'app@contoso.com', to: 'reader@example.com', text: 'Hello' }).then(
        () => Promise.reject(new Error('the relay took it')),
        (error: Error & { responseCode?: number }) => error,
      ),
  };
}
