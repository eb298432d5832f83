-- ARGV: the time before which nothing is kept, how many at most
local ended = redis.call('ZRANGEBYSCORE', KEPT, '-inf', '(' .. whole(number(ARGV[1])), 'LIMIT', 0, tonumber(ARGV[2]))
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
