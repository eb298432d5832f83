-- KEYS: row, store-wide cut-off[, set, subject's cut-off]
-- ARGV: now, row, lineage_at, idle deadline, absolute deadline, member, rows' prefix
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local at = number(ARGV[3])
if at <= cutoff(KEYS[2]) then return 2 end
local set = KEYS[3]
if set then
  if at <= cutoff(KEYS[4]) then return 2 end
  -- Each entry added pays for a look at four others, so rows that ended by themselves stay a fraction of the set.
  local others = redis.call('ZRANDMEMBER', set, 4)
  redis.call('ZADD', set, 0, ARGV[6])
  for _, member in ipairs(others) do
    if redis.call('EXISTS', ARGV[7] .. member) == 0 and member ~= ARGV[6] then redis.call('ZREM', set, member) end
  end
  keep(set, ttl(ARGV[5], ARGV[1]))
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ttl(earlier(ARGV[4], ARGV[5]), ARGV[1]))
return 1
