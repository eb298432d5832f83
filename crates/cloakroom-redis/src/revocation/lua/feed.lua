-- Shared by the scripts of revocations. All keys lie in one slot, and every script is given the same ones:
-- KEYS: feed, steps, entries, names, kept, prefix of the denials of subjects (a name, no key)
--   feed     string: which feed it is, 16 random bytes
--   steps    sorted set: position and tag of the newest steps, 8 bytes each, by position
--   entries  sorted set: each entry as Rust encodes it, by its newest position
--   names    hash: of each entry its kind, issuer and name -> its position in 8 bytes, and the subject of a denial
--   kept     sorted set: the positions of entries that end, in 8 bytes, by the time until which they are kept
--   denials  sorted set a subject: the positions of its denials, in 8 bytes, by the time until which they are kept
local FEED, STEPS, ENTRIES, NAMES, KEPT, DENIALS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
-- As many of the newest steps are kept.
local MOST_STEPS = 65536

local function whole(number) return string.format('%.0f', number) end
local function position_of(raw) return (struct.unpack('>I8', raw)) end

-- Which feed this is; `fresh` becomes its id if it has none, as after all keys were lost.
local function feed(fresh)
  local id = redis.call('GET', FEED)
  if id then return id end
  redis.call('SET', FEED, fresh)
  return fresh
end

-- The newest step, or zeros.
local function head() return redis.call('ZRANGE', STEPS, -1, -1)[1] or string.rep('\0', 16) end

-- The server's clock, as two numbers in text.
local function time() return redis.call('TIME') end

-- An entry is `01 | kind 1 | keep until 8 | at 8 | issuer and name`.
local function keep_until_of(entry) return entry:sub(3, 10) end
local function at_of(entry) return entry:sub(11, 18) end
local function name_of(entry) return entry:sub(2, 2) .. entry:sub(19) end

-- What is known under a name, and the subject of a denial.
local function find(name)
  local found = redis.call('HGET', NAMES, name)
  if not found then return nil end
  local position = whole(position_of(found:sub(1, 8)))
  local entry = redis.call('ZRANGEBYSCORE', ENTRIES, position, position)[1]
  if not entry or name_of(entry) ~= name then error('CLOAKROOM-CORRUPT revocation') end
  return entry, found:sub(9)
end

local function take_out(entry, subject)
  local name = name_of(entry)
  local raw = struct.pack('>I8', tonumber(redis.call('ZSCORE', ENTRIES, entry)))
  redis.call('ZREM', ENTRIES, entry)
  redis.call('ZREM', KEPT, raw)
  redis.call('HDEL', NAMES, name)
  if subject ~= '' then redis.call('ZREM', DENIALS .. subject, raw) end
end

-- Writes an entry, in the place of `old` if there is one, as a step of its own.
local function put(entry, subject, old, old_subject, tag)
  if old then take_out(old, old_subject) end
  local raw = struct.pack('>I8', position_of(head():sub(1, 8)) + 1)
  local position, name = whole(position_of(raw)), name_of(entry)
  redis.call('ZADD', STEPS, position, raw .. tag)
  redis.call('ZREMRANGEBYRANK', STEPS, 0, -MOST_STEPS - 1)
  redis.call('ZADD', ENTRIES, position, entry)
  redis.call('HSET', NAMES, name, raw .. subject)
  -- What is kept for ever is no candidate of a purge.
  if entry:byte(2) ~= 3 then
    redis.call('ZADD', KEPT, whole(number(keep_until_of(entry))), raw)
  end
  if subject ~= '' then redis.call('ZADD', DENIALS .. subject, whole(number(keep_until_of(entry))), raw) end
end

-- Moves a cut-off to that of `entry`, or leaves a later one, and answers the cut-off.
local function move(entry, tag)
  local old = find(name_of(entry))
  if old and number(at_of(old)) >= number(at_of(entry)) then
    -- A write, so that a repetition waits until replicas have what it repeats.
    redis.call('HSET', NAMES, name_of(old), redis.call('HGET', NAMES, name_of(old)))
    return at_of(old)
  end
  if old then
    entry = entry:sub(1, 2) .. later(keep_until_of(old), keep_until_of(entry)) .. entry:sub(11)
  end
  put(entry, '', old, '', tag)
  return at_of(entry)
end

-- The server's clock in milliseconds.
local function now()
  local seconds = time()
  return tonumber(seconds[1]) * 1000 + math.floor(tonumber(seconds[2]) / 1000)
end

-- The entry of a cut-off, at `at` or when it says, whichever is later. `kept` is how much longer than that it is kept.
local function raise(entry, at, kept)
  if number(at_of(entry)) >= at then return entry end
  local keep_until = keep_until_of(entry)
  if entry:byte(2) ~= 3 then keep_until = later(keep_until, raw(math.min(at + kept, 9e15))) end
  return entry:sub(1, 2) .. keep_until .. raw(at) .. entry:sub(19)
end

-- The first write of those that revoke is one that a full server takes, and then it takes the others too. It changes
-- nothing.
local function begin() redis.call('PERSIST', FEED) end

-- The same write, by which readers are told that this is no replica, and no master that misses the replicas which it must
-- have (`min-replicas-to-write`). One whose disk fails takes no writes, so there are none that it could lack; but that is
-- said before a lack of replicas, and hides it, so one that must have any gives no answer then.
local function primary()
  local done, why = pcall(begin)
  if done then return end
  if type(why) == 'table' then why = why.err end
  local must_have_replicas = function() return redis.call('INFO', 'replication'):find('min_slaves_good_slaves:', 1, true) end
  if not tostring(why):find('MISCONF', 1, true) or must_have_replicas() then error(why) end
end
