/**
 * Everything that changes a message's record. Each is atomic, and each may run twice: ioredis sends a command again whose answer it
 * did not get before the connection broke. KEYS[1] is the record; ARGV[1] and ARGV[2] are the prefix and the message's id.
 */

const COMMON = `
local record, prefix, id = KEYS[1], ARGV[1], ARGV[2]
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
-- which server rules, another one after every start and every failover, and whether it took over from another one. Asked inside the
-- script: a client's own knowledge may be older
local function reign()
  local replication = redis.call('INFO', 'replication')
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
  local before = string.match(replication, 'master_replid2:(%w+)') or ''
  return run .. '.' .. (string.match(replication, 'master_replid:(%w+)') or ''), string.find(before, '[1-9a-f]') ~= nil
end
-- the last time it may have lost something, which names it (earlier versions count them): a message that was written before may have been further than its record says
local function losses()
  return redis.call('HGET', prefix .. ':reign', 'losses') or '0'
end
-- a number of requests that send which is smaller than one that was heard before: an older state is back
local function wentBack(marks, heard)
  return tonumber(marks or '0') < tonumber(heard)
end
-- an older state has come back into a server that ran on: the number was heard of in this very run. Where nothing is left, not even the
-- number, what is there now is new
local function cameBackInto(run, marks, heardIn)
  return marks and heardIn == run
end
local function text(number)
  return string.format('%.0f', number)
end
local function move(from, to, at)
  if from and from ~= to then redis.call('ZREM', prefix .. ':s:' .. from, id) end
  redis.call('ZADD', prefix .. ':s:' .. to, text(at), id)
end
local function forget(state, before)
  redis.call('ZREMRANGEBYSCORE', prefix .. ':s:' .. state, '-inf', text(before))
end
local FINAL = { sent = true, failed = true, ambiguous = true, expired = true, cancelled = true }
-- BullMQ counts activations in the same key; only a pause makes it this large
local function paused(queue)
  local key = prefix .. ':' .. queue .. ':limiter'
  if tonumber(redis.call('GET', key) or '0') < 1000000000 then return 0 end
  return math.max(redis.call('PTTL', key), 0)
end
local function owned(fence)
  local values = redis.call('HMGET', record, 'state', 'fence', 'queue')
  return values[2] == fence and (values[1] == 'queued' or values[1] == 'sending'), values[1], values[3]
end
`;

/**
 * → `1` new, `0` known, `2` its files are gone; its state; its head; which server rules. ARGV: nonce, version, queue, head, body, sendAt
 * (empty: now, by this clock, since an app's may be wrong), expires (empty: so many ms after), how many ms, how long it is remembered then,
 * priority, mailbox, route, keys of the pieces of its files.
 */
const ENQUEUE = `
local body = KEYS[2]
local nonce, version, queue, head, content, sendAt, expires, valid, keep, priority, mailbox, route = unpack(ARGV, 3)
if redis.call('EXISTS', record) == 1 then
  local known = redis.call('HMGET', record, 'nonce', 'state', 'head')
  return { known[1] == nonce and 1 or 0, known[2], known[3] or '', reign() }
end
-- they were written before, perhaps on another server
for i = 15, #ARGV do
  if redis.call('EXISTS', ARGV[i]) == 0 then return { 2, '', '', '' } end
end
local run, at = reign(), now()
if sendAt == '' then sendAt = text(at) end
if expires == '' then expires = text(math.max(tonumber(sendAt), at) + valid) end
local forgetAt = text(expires + keep)
redis.call('HSET', record, 'nonce', nonce, 'v', version, 'state', 'queued', 'fence', '', 'tries', 0, 'dirty', 0, 'draftId', '', 'run', run, 'losses', losses(),
  'queue', queue, 'head', head, 'sendAt', sendAt, 'expires', expires, 'priority', priority, 'route', route, 'queuedAt', text(at))
redis.call('PEXPIREAT', record, forgetAt)
redis.call('SET', body, content)
redis.call('PEXPIREAT', body, forgetAt)
redis.call('HSETNX', prefix .. ':mailboxes', queue, mailbox)
return { 1, 'queued', head, run }
`;

/** Said once the job is in the queue: from now on the message counts. → its state, or '' if there is none; which server rules. */
const COMMIT = `
local values = redis.call('HMGET', record, 'state', 'queuedAt')
local run = reign()
if values[1] == 'queued' then
  redis.call('HSET', record, 'counts', 1)
  redis.call('ZADD', prefix .. ':s:queued', values[2], id)
end
return { values[1] or '', run }
`;

/**
 * → `missing` | `final`, state, dirty | `newer`, version | `early`, ms | `full` | `paused` | `mine`, state, tries, dirty, run changed, lossy,
 * draftId, until, expires, lookFrom, now, ms since a loss, pause, head, which server rules, sendAt, whether to look first. ARGV: newest
 * version known, requests at a time, whether a mere restart loses nothing, fence: unlike any other, so that also where a claim is lost with
 * Redis nobody else has the same; how many requests that send this process has heard of, and from which server.
 */
const CLAIM = `
local version, most, lossless, fence, heard, heardIn = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1', ARGV[6], ARGV[7], ARGV[8]
local names = { 'state', 'v', 'dirty', 'run', 'draftId', 'until', 'expires', 'lookFrom', 'queue', 'queuedAt', 'head', 'sendAt', 'losses', 'look' }
local values = redis.call('HMGET', record, unpack(names))
local r = {}
for i, name in ipairs(names) do r[name] = values[i] or '' end
if r.state == '' then
  -- else it would be counted for ever, and be the oldest that waits
  for _, state in ipairs({ 'queued', 'sending' }) do redis.call('ZREM', prefix .. ':s:' .. state, id) end
  return { 'missing' }
end
if FINAL[r.state] then return { 'final', r.state, r.dirty, r.head } end
if tonumber(r.v) > version then return { 'newer', r.v } end
local at = now()
-- BullMQ asks the worker's clock
if r.state == 'queued' and tonumber(r.sendAt) > at then return { 'early', text(r.sendAt - at) } end
local queue = prefix .. ':' .. r.queue
-- limits are mere data to BullMQ and vanish with it
local meta = redis.call('HMGET', queue .. ':meta', 'concurrency', 'paused')
if meta[1] ~= ARGV[4] then redis.call('HSET', queue .. ':meta', 'concurrency', ARGV[4], 'opts.maxLenEvents', 100) end
if redis.call('SISMEMBER', prefix .. ':paused', r.queue) == 1 or redis.call('SISMEMBER', prefix .. ':paused', '*') == 1 then
  if not meta[2] then redis.call('HSET', queue .. ':meta', 'paused', 1) end
  return { 'paused' }
end
if redis.call('LLEN', queue .. ':active') > most then return { 'full' } end
local tries = redis.call('HINCRBY', record, 'tries', 1)
redis.call('HSET', record, 'fence', fence, 'dirty', 1)
redis.call('ZADD', prefix .. ':s:' .. r.state, 'NX', r.queuedAt, id)
local run, tookOver = reign()
local known = redis.call('HMGET', prefix .. ':reign', 'run', 'losses', 'lossAt', 'marks', 'backAt')
local loss, lossAt, backAt, back = known[2] or '0', tonumber(known[3] or '0'), tonumber(known[5] or '0'), wentBack(known[4], heard)
if known[1] ~= run or back then
  if tookOver or not lossless or back then loss, lossAt = text(at), at end
  redis.call('HSET', prefix .. ':reign', 'run', run, 'losses', loss, 'lossAt', text(lossAt))
  if back then
    if cameBackInto(run, known[4], heardIn) then backAt = at end
    redis.call('HSET', prefix .. ':reign', 'marks', heard, 'backAt', text(backAt))
  end
end
-- what came back into a server that ran on has its run, and may have been sent all the same
local changed = r.run ~= run or (r.losses ~= loss and (tonumber(r.queuedAt) or 0) < backAt)
return { 'mine', r.state, tries, r.dirty, changed and 1 or 0, (changed and r.losses ~= loss) and 1 or 0, r.draftId, r['until'], r.expires,
  r.lookFrom, text(at), text(math.max(at - lossAt, 0)), paused(r.queue), r.head, run, r.sendAt, r.look }
`;

/**
 * Allows one request that sends. → `ok`, which server rules, how many were allowed so far | `lost`, state | `wait`, ms. ARGV: fence, draftId, ms until nothing of it can be under way any
 * more, rateLimit, rateDelta, which attempt.
 */
const MARK = `
local fence, draftId, safe, limit, delta, attempt = ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local mine, state, queue = owned(fence)
if not mine then return { 'lost', state or '' } end
-- without a draft to look at, a second request could be a second message
local before = redis.call('HMGET', record, 'route', 'markFence')
if state == 'sending' and before[1] == 'sendMail' and before[2] ~= fence then return { 'lost', state } end
local at = now()
local hold = paused(queue)
if hold > 0 then return { 'wait', hold } end
if limit > 0 then
  local window = prefix .. ':rate:' .. queue
  local member = id .. ':' .. fence .. ':' .. attempt
  redis.call('ZREMRANGEBYSCORE', window, '-inf', text(at - delta))
  if not redis.call('ZSCORE', window, member) then
    if redis.call('ZCARD', window) >= limit then
      local first = redis.call('ZRANGE', window, 0, 0, 'WITHSCORES')
      return { 'wait', math.max(tonumber(first[2]) + delta - at + 1, 1) }
    end
    redis.call('ZADD', window, text(at), member)
    redis.call('PEXPIRE', window, delta + 1000)
  end
end
local run = reign()
redis.call('HSET', record, 'state', 'sending', 'draftId', draftId, 'sendingAt', text(at), 'until', text(at + safe), 'run', run,
  'losses', losses(), 'markFence', fence)
redis.call('HDEL', record, 'lookFrom', 'look')
-- what may have been sent is not forgotten before its end is known
redis.call('PERSIST', record)
redis.call('PERSIST', prefix .. ':b:' .. id)
if state ~= 'sending' then move(state, 'sending', at) end
return { 'ok', run, text(redis.call('HINCRBY', prefix .. ':reign', 'marks', 1)) }
`;

/** → `1` and the mailbox's pause in ms, or `0`; the draft that is marked; which server rules. ARGV: fence. */
const RENEW = `
local mine, _, queue = owned(ARGV[3])
local draftId, run = redis.call('HGET', record, 'draftId') or '', reign()
if not mine then return { 0, 0, draftId, run } end
return { 1, paused(queue), draftId, run }
`;

/** Back into the queue, with proof that nothing was accepted. → which server rules, or ''. ARGV: fence, dirty, forgetAt. */
const RELEASE = `
local mine, state = owned(ARGV[3])
if not mine then return '' end
local run = reign()
redis.call('HSET', record, 'state', 'queued', 'draftId', '', 'dirty', ARGV[4], 'run', run, 'losses', losses())
redis.call('HDEL', record, 'until', 'lookFrom')
redis.call('PEXPIREAT', record, ARGV[5])
redis.call('PEXPIREAT', prefix .. ':b:' .. id, ARGV[5])
if state ~= 'queued' then move(state, 'queued', redis.call('HGET', record, 'queuedAt')) end
return run
`;

/** Notes that it was looked for in vain; → since when, or `0` if it is not ours any more. ARGV: fence, ms until it may be sent again or ''. */
const LOOKED = `
if not owned(ARGV[3]) then return '0' end
local at = now()
redis.call('HSETNX', record, 'lookFrom', text(at))
if ARGV[4] ~= '' then redis.call('HSET', record, 'until', text(at + ARGV[4])) end
return redis.call('HGET', record, 'lookFrom')
`;

/** A fact: whoever knows it may say so. → the state before, if it was not known. ARGV: info, keep, queue. */
const SENT = `
local info, keep, queue = ARGV[3], tonumber(ARGV[4]), ARGV[5]
local state = redis.call('HGET', record, 'state')
redis.call('HDEL', prefix .. ':holds', queue)
if state == 'sent' then return '' end
local at = now()
redis.call('HSET', record, 'state', 'sent', 'info', info, 'endedAt', text(at), 'queue', queue, 'dirty', 0)
redis.call('PEXPIRE', record, keep)
redis.call('DEL', prefix .. ':b:' .. id)
move(state, 'sent', at)
forget('sent', at - keep)
return state or 'missing'
`;

/** The end of a message that was not sent, or of which nobody knows. → `1` or `0`. ARGV: fence, state, info, keep. */
const END = `
local mine, state = owned(ARGV[3])
local to, info, keep = ARGV[4], ARGV[5], tonumber(ARGV[6])
if not mine then return (state == to and redis.call('HGET', record, 'fence') == ARGV[3]) and 1 or 0 end
if to == 'expired' and state ~= 'queued' then return 0 end
local at = now()
redis.call('HSET', record, 'state', to, 'info', info, 'endedAt', text(at), 'dirty', 0)
redis.call('PEXPIRE', record, keep)
-- kept as long as it can be sent again
redis.call('PEXPIRE', prefix .. ':b:' .. id, keep)
move(state, to, at)
forget(to, at - keep)
return 1
`;

/** → `cancelled` and whether a draft may be left, or the state it is in. ARGV: info, keep. */
const CANCEL = `
local values = redis.call('HMGET', record, 'state', 'dirty')
local state = values[1]
if state ~= 'queued' then return { state or '', 0 } end
local at = now()
redis.call('HSET', record, 'state', 'cancelled', 'info', ARGV[3], 'endedAt', text(at))
redis.call('PEXPIRE', record, ARGV[4])
redis.call('DEL', prefix .. ':b:' .. id)
move(state, 'cancelled', at)
forget('cancelled', at - ARGV[4])
return { 'cancelled', tonumber(values[2] or '0') }
`;

/** A cancelled message's drafts are gone. */
const TIDIED = `
if redis.call('HGET', record, 'state') == 'cancelled' then redis.call('HSET', record, 'dirty', 0) end
return 1
`;

/**
 * A person's word on a message that has ended. → the new state, or the one it stays in. ARGV: `retry` | `sent` | `not-sent`, info, keep,
 * how long it is valid.
 */
const REOPEN = `
local how, info, keep, valid = ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local state = redis.call('HGET', record, 'state')
if not state then return '' end
local body = prefix .. ':b:' .. id
local at = now()
if how == 'sent' then
  if state ~= 'ambiguous' then return state end
  redis.call('HSET', record, 'state', 'sent', 'info', info, 'endedAt', text(at))
  redis.call('HSET', record, 'fence', '')
  redis.call('PEXPIRE', record, keep)
  redis.call('DEL', body)
  move(state, 'sent', at)
  return 'sent'
end
if how == 'not-sent' and state ~= 'ambiguous' then return state end
if how == 'retry' and state ~= 'failed' and state ~= 'expired' and state ~= 'ambiguous' then return state end
if redis.call('EXISTS', body) == 0 then return 'gone' end
-- nobody has said that it was not sent: look again, and do not send
local to = (how == 'retry' and state == 'ambiguous') and 'sending' or 'queued'
redis.call('HSET', record, 'fence', '', 'state', to, 'dirty', 1, 'expires', text(at + valid))
redis.call('HDEL', record, 'info', 'endedAt', 'lookFrom')
if to == 'queued' then
  redis.call('HSET', record, 'draftId', '')
  -- whoever says that it was not sent knows more than a server that may have forgotten it; the mailbox is asked all the same
  if how == 'not-sent' then
    local run = reign()
    redis.call('HSET', record, 'run', run, 'losses', losses(), 'look', 1)
  end
  redis.call('PEXPIREAT', record, text(at + valid + keep))
  redis.call('PEXPIREAT', body, text(at + valid + keep))
else
  redis.call('PERSIST', record)
  redis.call('PERSIST', body)
end
move(state, to, at)
return to
`;

/**
 * Holds a mailbox on all machines; a shorter hold never shortens a longer one. → ms, how often in a row (`0` for a mere pause).
 * KEYS[1] is BullMQ's limiter. ARGV: prefix, queue, ms (`0`: growing), first, most.
 */
const HOLD = `
local prefix, queue, ms, first, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local left = 0
if tonumber(redis.call('GET', KEYS[1]) or '0') >= 1000000000 then left = math.max(redis.call('PTTL', KEYS[1]), 0) end
local times = 0
if ms == 0 then
  times = tonumber(redis.call('HGET', prefix .. ':holds', queue) or '0')
  -- the others on the way meet the same refusal, which does not make it worse
  if left == 0 or times == 0 then times = redis.call('HINCRBY', prefix .. ':holds', queue, 1) else return { left, times, 0 } end
  ms = math.min(first * 2 ^ math.min(times - 1, 20), most)
end
if left >= ms then return { left, times, 0 } end
redis.call('SET', KEYS[1], '9007199254740991', 'PX', string.format('%.0f', ms))
return { ms, times, 1 }
`;

/**
 * Limits of many queues at once, and that they are known. KEYS[1] is the set of paused queues. ARGV: prefix, requests at a time, queues, each
 * with its mailbox. → how many had lost them.
 */
const LIMITS = `
local prefix, most = ARGV[1], ARGV[2]
local all = redis.call('SISMEMBER', KEYS[1], '*') == 1
local lost = 0
for i = 3, #ARGV, 2 do
  redis.call('HSETNX', prefix .. ':mailboxes', ARGV[i], ARGV[i + 1])
  local meta = prefix .. ':' .. ARGV[i] .. ':meta'
  if redis.call('HGET', meta, 'concurrency') ~= most then
    lost = lost + 1
    redis.call('HSET', meta, 'concurrency', most, 'opts.maxLenEvents', 100)
  end
  if (all or redis.call('SISMEMBER', KEYS[1], ARGV[i]) == 1) and redis.call('HEXISTS', meta, 'paused') == 0 then
    redis.call('HSET', meta, 'paused', 1)
  end
end
return lost
`;

/** Room for so many bytes of uploads; → ms to wait, `0` if taken. KEYS[1] is the window. ARGV: bytes, most, window, member. */
const BYTES = `
local bytes, most, window, member = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local time = redis.call('TIME')
local at = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', at - window))
local entries = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
local used = 0
for i = 1, #entries, 2 do
  local taken, by = string.match(entries[i], '^(%d+):(.*)$')
  if by == member then return 0 end
  used = used + tonumber(taken)
end
if used > 0 and used + bytes > most then
  for i = 1, #entries, 2 do
    used = used - tonumber(string.match(entries[i], '^(%d+)'))
    if used == 0 or used + bytes <= most then return math.max(tonumber(entries[i + 1]) + window - at + 1, 1) end
  end
end
redis.call('ZADD', KEYS[1], string.format('%.0f', at), string.format('%.0f', bytes) .. ':' .. member)
redis.call('PEXPIRE', KEYS[1], window + 1000)
return 0
`;

/**
 * A worker lives. By the server's clock: machines differ. KEYS[1] is the set of workers. ARGV: prefix, worker, when it said so last (0 for
 * never), how many requests that send it has heard of, and from which server. → whether Redis holds less than it did then; when this was;
 * how many there were; which server rules.
 */
const BEAT = `
local last, heard, heardIn = tonumber(ARGV[3]), ARGV[4], ARGV[5]
local at = now()
local score = tonumber(redis.call('ZSCORE', record, id) or '0')
local known = redis.call('HGET', prefix .. ':reign', 'marks')
local marks, run = known or '0', reign()
-- after an hour it is taken out by others
local lost = wentBack(marks, heard) or (at - last < 3600000 and score < last)
if lost then
  if wentBack(marks, heard) then
    marks = heard
    if cameBackInto(run, known, heardIn) then redis.call('HSET', prefix .. ':reign', 'backAt', text(at)) end
  end
  redis.call('HSET', prefix .. ':reign', 'losses', text(at), 'lossAt', text(at), 'marks', marks)
end
redis.call('ZADD', record, text(at), id)
redis.call('ZREMRANGEBYSCORE', record, '-inf', text(at - 3600000))
return { lost and 1 or 0, text(at), marks, run }
`;

/** A person says that an older state is back. KEYS[1] is the record of who rules. */
const RESTORED = `
local at = now()
redis.call('HSET', record, 'losses', text(at), 'lossAt', text(at), 'backAt', text(at))
return 1
`;

/** → how many workers were seen lately, and the server's time. KEYS[1] is the set of workers. ARGV: ms that are lately. */
const SEEN = `
local time = redis.call('TIME')
local at = time[1] * 1000 + math.floor(time[2] / 1000)
return { redis.call('ZCOUNT', KEYS[1], string.format('%.0f', at - ARGV[1]), '+inf'), string.format('%.0f', at) }
`;

/** A write to wait for. → which server has it. KEYS[1]: what is written. */
export const SYNC = `
redis.call('SET', KEYS[1], '1', 'PX', 60000)
local replication = redis.call('INFO', 'replication')
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
return run .. '.' .. (string.match(replication, 'master_replid:(%w+)') or '')
`;

/** By name: how many keys it takes, and its text. */
export const SCRIPTS = {
  enqueue: { numberOfKeys: 2, lua: COMMON + ENQUEUE },
  commit: { numberOfKeys: 1, lua: COMMON + COMMIT },
  claim: { numberOfKeys: 1, lua: COMMON + CLAIM },
  mark: { numberOfKeys: 1, lua: COMMON + MARK },
  renew: { numberOfKeys: 1, lua: COMMON + RENEW },
  release: { numberOfKeys: 1, lua: COMMON + RELEASE },
  looked: { numberOfKeys: 1, lua: COMMON + LOOKED },
  sent: { numberOfKeys: 1, lua: COMMON + SENT },
  end: { numberOfKeys: 1, lua: COMMON + END },
  cancel: { numberOfKeys: 1, lua: COMMON + CANCEL },
  tidied: { numberOfKeys: 1, lua: COMMON + TIDIED },
  reopen: { numberOfKeys: 1, lua: COMMON + REOPEN },
  hold: { numberOfKeys: 1, lua: HOLD },
  limits: { numberOfKeys: 1, lua: LIMITS },
  bytes: { numberOfKeys: 1, lua: BYTES },
  beat: { numberOfKeys: 1, lua: COMMON + BEAT },
  seen: { numberOfKeys: 1, lua: SEEN },
  restored: { numberOfKeys: 1, lua: COMMON + RESTORED },
} as const;

export type ScriptName = keyof typeof SCRIPTS;
