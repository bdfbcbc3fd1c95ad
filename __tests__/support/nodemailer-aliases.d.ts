// Nodemailer 7 to 9 bring no types; for these tests theirs are close enough to those of 10.
declare module 'nodemailer-7' {
  export { default } from 'nodemailer';
}
declare module 'nodemailer-8' {
  export { default } from 'nodemailer';
}
declare module 'nodemailer-9' {
  export { default } from 'nodemailer';
}
