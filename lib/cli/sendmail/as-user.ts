/**
 * Runs work on files with the rights of a user, where root looks after the files of others: whatever they have put there (links to what they
 * may not read or write), root reaches no further than they do. The work must be synchronous, since the whole process changes.
 */
export function asUser<T>(user: number, work: () => T): T {
  const { geteuid, getegid, getgroups, seteuid, setegid, setgroups } = process;
  if (!geteuid || !getegid || !getgroups || !seteuid || !setegid || !setgroups || geteuid() !== 0 || user === 0) return work();
  const [group, groups] = [getegid(), getgroups()];
  // the user's own group is not needed: the files are his
  setgroups([]);
  setegid(NOGROUP);
  seteuid(user);
  try {
    return work();
  } finally {
    seteuid(0);
    setegid(group);
    setgroups(groups);
  }
}

/** The highest group number but one, which is nobody's in particular (nogroup on Debian). */
const NOGROUP = 65_534;
