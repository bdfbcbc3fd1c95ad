#!/bin/sh
# A media type "Script" of Zabbix, in its AlertScriptsPath; parameters: {ALERT.SENDTO}, {ALERT.SUBJECT}, {ALERT.MESSAGE}.
# They stand behind the names of header fields, and a line break in one would begin another field.
to=$(printf %s "$1" | tr -d '\r\n')
subject=$(printf %s "$2" | tr -d '\r\n')
printf 'To: %s\nSubject: %s\nContent-Type: text/plain; charset=utf-8\n\n%s\n' "$to" "$subject" "$3" | /usr/sbin/sendmail -i -- "$to"
