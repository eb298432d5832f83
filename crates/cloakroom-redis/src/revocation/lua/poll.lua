-- ARGV: fresh feed, the cursor's feed, its position and tag, its position in decimal, how many entries at most
primary()
if feed(ARGV[1]) ~= ARGV[2] then return 0 end
-- Before the first step there was nothing, however many steps have been dropped since.
if ARGV[3] ~= string.rep('\0', 16) and not redis.call('ZSCORE', STEPS, ARGV[3]) then return 0 end
local most = tonumber(ARGV[5])
local found = redis.call('ZRANGEBYSCORE', ENTRIES, '(' .. ARGV[4], '+inf', 'WITHSCORES', 'LIMIT', 0, most + 1)
local polled = { time(), ARGV[3], 0 }
if #found > most * 2 then polled[3] = 1 end
local last = math.min(#found, most * 2)
for index = 1, last, 2 do polled[#polled + 1] = found[index] end
if last > 0 then
  -- The step of the last entry; one that is not kept any more is further behind than a reader may be.
  local step = redis.call('ZRANGEBYSCORE', STEPS, found[last], found[last])[1]
  if not step then return 0 end
  polled[2] = step
end
return polled
