import { Catch, HttpException, HttpStatus, Logger, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import type { Response } from 'express';
import { isGraphTransportError } from 'nodemailer-graph-transport';

/** Answers 503 with Retry-After where nothing was sent and it may work later, else 502. */
@Catch()
export class MailExceptionFilter extends BaseExceptionFilter {
  readonly #logger = new Logger(MailExceptionFilter.name);

  override catch(exception: unknown, host: ArgumentsHost): void {
    if (!isGraphTransportError(exception)) {
      super.catch(exception, host);
      return;
    }
    // the message names the remedy and no secret; it is for the log, not for the client
    this.#logger.error(exception.message);
    if (!exception.permanent && !exception.ambiguous) {
      host
        .switchToHttp()
        .getResponse<Response>()
        .set('Retry-After', String(exception.retryAfter ?? 60));
      super.catch(new HttpException('mail cannot be sent at the moment', HttpStatus.SERVICE_UNAVAILABLE), host);
    } else {
      // without Retry-After: nothing invites the client to repeat it
      const text = exception.ambiguous ? 'the invitation may have been sent' : 'the invitation cannot be sent';
      super.catch(new HttpException(text, HttpStatus.BAD_GATEWAY), host);
    }
  }
}
