import { readTarget, sendAll } from './mail.mjs';

sendAll(readTarget()).then((results) => console.log(JSON.stringify(results)));
