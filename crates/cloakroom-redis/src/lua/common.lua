-- Shared by every script. Offsets count from 1; `row.rs` draws the row.
local HEAD = 131

local function number(raw) return (struct.unpack('>i8', raw)) end
local function raw(number) return struct.pack('>i8', number) end
local function later(a, b) if number(a) < number(b) then return b end return a end
local function earlier(a, b) if number(b) < number(a) then return b end return a end

-- The fixed part and the subject of the row at `key`; nothing when there is no row.
local function head(key)
  local text = redis.call('GETRANGE', key, 0, HEAD + 254)
  if text == '' and redis.call('EXISTS', key) == 0 then return nil end
  local length = text:byte(3)
  if text:byte(1) ~= 1 or not length or #text < HEAD + length then error('CLOAKROOM-CORRUPT row') end
  return text:sub(1, HEAD + length)
end

local function version_of(row) return row:sub(4, 11) end
local function seen_of(row) return row:sub(20, 27) end
local function idle_of(row) return row:sub(28, 35) end
local function absolute_of(row) return row:sub(36, 43) end
local function lineage_of(row) return row:sub(44, 51) end
local function subject_of(row) return row:sub(HEAD + 1) end

-- Milliseconds, or minus infinity: a cut-off that cannot be read must not count as none.
local function cutoff(key)
  local text = redis.call('GET', key)
  if not text then return -math.huge end
  return tonumber(text) or error('CLOAKROOM-CORRUPT cut-off')
end

local function live(row, now, cut)
  now = number(now)
  return now < number(idle_of(row)) and now < number(absolute_of(row)) and cut < number(lineage_of(row))
end

-- Time to live, in milliseconds as text: a minute longer than the deadline, for clocks that disagree. It is relative,
-- because the deadlines are on the callers' clock and the server has its own.
local function ttl(deadline, now)
  local left = number(deadline) - number(now)
  return string.format('%.0f', math.max(0, math.min(left, 1e15)) + 60000)
end

-- A set lives a day longer than its longest row may: each touch counts its row's time anew, from a clock of its own, and
-- a session that outlived its set would be one that nobody can list or end.
local function keep(set, time)
  time = string.format('%.0f', tonumber(time) + 86400000)
  if redis.call('PTTL', set) < tonumber(time) then redis.call('PEXPIRE', set, time) end
end
