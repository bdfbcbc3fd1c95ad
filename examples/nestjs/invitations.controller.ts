import { BadRequestException, Body, Controller, HttpCode, Post } from '@nestjs/common';
import { MailService } from './mail.service.js';

@Controller('invitations')
export class InvitationsController {
  constructor(private readonly mail: MailService) {}

  @Post()
  @HttpCode(202)
  async invite(@Body('email') email: unknown): Promise<{ messageId: string }> {
    if (typeof email !== 'string' || !/^[^\s@,;<>]+@[^\s@,;<>]+$/.test(email)) throw new BadRequestException('email must be one address');
    return { messageId: await this.mail.sendInvitation(email) };
  }
}
