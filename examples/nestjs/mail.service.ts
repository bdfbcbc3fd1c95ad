import { Inject, Injectable } from '@nestjs/common';
import type { Transporter } from 'nodemailer';

export const MAIL_TRANSPORTER = Symbol('MAIL_TRANSPORTER');

@Injectable()
export class MailService {
  constructor(@Inject(MAIL_TRANSPORTER) private readonly transporter: Transporter) {}

  /** @returns the Message-ID */
  async sendInvitation(to: string): Promise<string> {
    const { messageId } = (await this.transporter.sendMail({
      to,
      subject: 'You are invited',
      text: 'Join us: https://app.contoso.com/join\n',
    })) as { messageId: string };
    return messageId;
  }
}
