-- Shared by all scripts. Times travel as the 8 bytes that rows have.
local function number(raw) return (struct.unpack('>i8', raw)) end
local function raw(number) return struct.pack('>i8', number) end
local function later(a, b) if number(a) < number(b) then return b end return a end
local function earlier(a, b) if number(b) < number(a) then return b end return a end

-- Milliseconds, or minus infinity: a cut-off that cannot be read must not count as none.
local function cutoff(key)
  local text = redis.call('GET', key)
  if not text then return -math.huge end
  return tonumber(text) or error('CLOAKROOM-CORRUPT cut-off')
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
