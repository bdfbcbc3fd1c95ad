import NextAuth from 'next-auth';
import Nodemailer from 'next-auth/providers/nodemailer';
import { from, transport } from '../../../../lib/mail.js';

/** As little of a database as a sign-in by e-mail needs. */
const adapter = {
  createUser: async (user) => ({ id: 'user-1', ...user }),
  getUser: async () => null,
  getUserByEmail: async () => null,
  getUserByAccount: async () => null,
  updateUser: async (user) => user,
  linkAccount: async () => undefined,
  createSession: async (session) => session,
  getSessionAndUser: async () => null,
  updateSession: async (session) => session,
  deleteSession: async () => undefined,
  createVerificationToken: async (token) => token,
  useVerificationToken: async () => null,
};

const { handlers } = NextAuth({
  secret: 'an-auth-secret-of-32-characters!',
  trustHost: true,
  adapter,
  providers: [Nodemailer({ server: transport, from })],
});

export const { GET, POST } = handlers;
