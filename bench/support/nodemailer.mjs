// The Nodemailer this project is developed with: beside the peers stands the old one that one of them brings along.
import { createRequire } from 'node:module';

export default createRequire(new URL('../../package.json', import.meta.url))('nodemailer');
