-- KEYS: family, set, subject's cut-off, store-wide cut-off
-- ARGV: now, row, authenticated at, idle deadline, absolute deadline, member, families' prefix
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local at = number(ARGV[3])
if at <= cutoff(KEYS[4]) or at <= cutoff(KEYS[3]) then return 2 end
-- Each entry added pays for a look at four others, so families that ended by themselves stay a fraction of the set.
local others = redis.call('ZRANDMEMBER', KEYS[2], 4)
redis.call('ZADD', KEYS[2], 0, ARGV[6])
for _, member in ipairs(others) do
  if redis.call('EXISTS', ARGV[7] .. member) == 0 and member ~= ARGV[6] then redis.call('ZREM', KEYS[2], member) end
end
keep(KEYS[2], ttl(ARGV[5], ARGV[1]))
redis.call('SET', KEYS[1], ARGV[2], 'PX', ttl(ARGV[4], ARGV[1]))
return 1
