-- ARGV: position behind which the page begins, how many entries at most
-- In the order of positions, so that an entry that changes meanwhile comes later, and not never.
primary()
local most = tonumber(ARGV[2])
local found = redis.call('ZRANGEBYSCORE', ENTRIES, '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, most + 1)
local page = { time(), '' }
if #found > most * 2 then page[2] = struct.pack('>I8', tonumber(found[most * 2])) end
for index = 1, math.min(#found, most * 2), 2 do page[#page + 1] = found[index] end
return page
