import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { InvitationsController } from './invitations.controller.js';
import { MailExceptionFilter } from './mail-exception.filter.js';
import { MailModule } from './mail.module.js';

@Module({
  imports: [MailModule],
  controllers: [InvitationsController],
  providers: [{ provide: APP_FILTER, useClass: MailExceptionFilter }],
})
export class AppModule {}
