-- ARGV: the time before which nothing is kept, how many at most, the fleet's skew
-- By the earlier clock: one that is ahead drops nothing too early.
local dead = math.min(number(ARGV[1]), now() - tonumber(ARGV[3]))
local ended = redis.call('ZRANGEBYSCORE', KEPT, '-inf', '(' .. whole(dead), 'LIMIT', 0, tonumber(ARGV[2]))
for _, raw in ipairs(ended) do
  local position = whole(position_of(raw))
  local entry = redis.call('ZRANGEBYSCORE', ENTRIES, position, position)[1]
  if entry then
    local _, subject = find(name_of(entry))
    take_out(entry, subject)
  else
    redis.call('ZREM', KEPT, raw)
  end
end
return #ended
