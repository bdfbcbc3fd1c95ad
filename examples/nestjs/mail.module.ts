import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import nodemailer, { type Transporter } from 'nodemailer';
import { mailTransport } from 'nodemailer-graph-transport';
import { MAIL_TRANSPORTER, MailService } from './mail.service.js';

@Module({
  providers: [
    MailService,
    {
      provide: MAIL_TRANSPORTER,
      // smtps://… or msgraph://…
      useFactory: () =>
        nodemailer.createTransport(mailTransport(process.env['MAIL_URL'] ?? 'smtp://localhost:1025'), { from: 'noreply@contoso.com' }),
    },
  ],
  exports: [MailService],
})
export class MailModule implements OnApplicationShutdown {
  constructor(@Inject(MAIL_TRANSPORTER) private readonly transporter: Transporter) {}

  /** Runs after the last request has been answered; needs `app.enableShutdownHooks()`. */
  onApplicationShutdown(): void {
    this.transporter.close();
  }
}
