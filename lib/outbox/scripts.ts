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
-- asked inside the script: a client's own knowledge may be older than the restart
local function server()
  local info = redis.call('INFO', 'server')
  return string.match(info, 'run_id:(%w+)') or '', tonumber(string.match(info, 'uptime_in_seconds:(%d+)') or '0') * 1000
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

/** → `1` new, `0` known; its state; its head. ARGV: nonce, version, queue, head, body, sendAt, expires, forgetAt, priority, mailbox, route. */
const ENQUEUE = `
local body = KEYS[2]
local nonce, version, queue, head, content, sendAt, expires, forgetAt, priority, mailbox, route = unpack(ARGV, 3)
if redis.call('EXISTS', record) == 1 then
  local known = redis.call('HMGET', record, 'nonce', 'state', 'head')
  return { known[1] == nonce and 1 or 0, known[2], known[3] or '' }
end
local run = server()
redis.call('HSET', record, 'nonce', nonce, 'v', version, 'state', 'queued', 'fence', 0, 'dirty', 0, 'draftId', '', 'run', run, 'queue', queue,
  'head', head, 'sendAt', sendAt, 'expires', expires, 'priority', priority, 'route', route, 'queuedAt', text(now()))
redis.call('PEXPIREAT', record, forgetAt)
redis.call('SET', body, content)
redis.call('PEXPIREAT', body, forgetAt)
redis.call('HSETNX', prefix .. ':mailboxes', queue, mailbox)
return { 1, 'queued', head }
`;

/** Said once the job is in the queue: from now on the message counts. */
const COMMIT = `
local values = redis.call('HMGET', record, 'state', 'queuedAt')
if not values[1] then return '' end
if values[1] == 'queued' then redis.call('ZADD', prefix .. ':s:queued', values[2], id) end
return values[1]
`;

/**
 * → `missing` | `final`, state, dirty | `newer`, version | `full` | `paused` | `mine`, state, fence, dirty, run changed, draftId, until,
 * expires, lookFrom, now, uptime, pause, head, sendAt. ARGV: newest version known, requests at a time.
 */
const CLAIM = `
local version, most = tonumber(ARGV[3]), tonumber(ARGV[4])
local names = { 'state', 'v', 'dirty', 'run', 'draftId', 'until', 'expires', 'lookFrom', 'queue', 'queuedAt', 'head', 'sendAt' }
local values = redis.call('HMGET', record, unpack(names))
local r = {}
for i, name in ipairs(names) do r[name] = values[i] or '' end
if r.state == '' then return { 'missing' } end
if FINAL[r.state] then return { 'final', r.state, r.dirty, r.head } end
if tonumber(r.v) > version then return { 'newer', r.v } end
local queue = prefix .. ':' .. r.queue
-- limits are mere data to BullMQ and vanish with it
local meta = redis.call('HMGET', queue .. ':meta', 'concurrency', 'paused')
if meta[1] ~= ARGV[4] then redis.call('HSET', queue .. ':meta', 'concurrency', ARGV[4], 'opts.maxLenEvents', 100) end
if redis.call('SISMEMBER', prefix .. ':paused', r.queue) == 1 or redis.call('SISMEMBER', prefix .. ':paused', '*') == 1 then
  if not meta[2] then redis.call('HSET', queue .. ':meta', 'paused', 1) end
  return { 'paused' }
end
if redis.call('LLEN', queue .. ':active') > most then return { 'full' } end
local fence = redis.call('HINCRBY', record, 'fence', 1)
redis.call('HSET', record, 'dirty', 1)
redis.call('ZADD', prefix .. ':s:' .. r.state, 'NX', r.queuedAt, id)
local run, uptime = server()
return { 'mine', r.state, fence, r.dirty, r.run == run and 0 or 1, r.draftId, r['until'], r.expires, r.lookFrom, text(now()), text(uptime),
  paused(r.queue), r.head, r.sendAt }
`;

/**
 * Allows one request that sends. → `ok` | `lost`, state | `wait`, ms. ARGV: fence, draftId, ms until nothing of it can be under way any
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
local run = server()
redis.call('HSET', record, 'state', 'sending', 'draftId', draftId, 'sendingAt', text(at), 'until', text(at + safe), 'run', run,
  'markFence', fence)
redis.call('HDEL', record, 'lookFrom')
-- what may have been sent is not forgotten before its end is known
redis.call('PERSIST', record)
redis.call('PERSIST', prefix .. ':b:' .. id)
if state ~= 'sending' then move(state, 'sending', at) end
return { 'ok', text(at) }
`;

/** → `1` and the mailbox's pause in ms, or `0`. ARGV: fence. */
const RENEW = `
local mine, _, queue = owned(ARGV[3])
if not mine then return { 0, 0 } end
return { 1, paused(queue) }
`;

/** Back into the queue, with proof that nothing was accepted. → `1` or `0`. ARGV: fence, dirty, forgetAt. */
const RELEASE = `
local mine, state = owned(ARGV[3])
if not mine then return 0 end
local run = server()
redis.call('HSET', record, 'state', 'queued', 'draftId', '', 'dirty', ARGV[4], 'run', run)
redis.call('HDEL', record, 'until', 'lookFrom')
redis.call('PEXPIREAT', record, ARGV[5])
redis.call('PEXPIREAT', prefix .. ':b:' .. id, ARGV[5])
if state ~= 'queued' then move(state, 'queued', redis.call('HGET', record, 'queuedAt')) end
return 1
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
  redis.call('HINCRBY', record, 'fence', 1)
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
redis.call('HINCRBY', record, 'fence', 1)
redis.call('HSET', record, 'state', to, 'dirty', 1, 'expires', text(at + valid))
redis.call('HDEL', record, 'info', 'endedAt', 'lookFrom')
if to == 'queued' then
  redis.call('HSET', record, 'draftId', '')
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

/** Limits of many queues at once. KEYS[1] is the set of paused queues. ARGV: prefix, requests at a time, queues. → how many had lost them. */
const LIMITS = `
local prefix, most = ARGV[1], ARGV[2]
local all = redis.call('SISMEMBER', KEYS[1], '*') == 1
local lost = 0
for i = 3, #ARGV do
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
} as const;

export type ScriptName = keyof typeof SCRIPTS;
