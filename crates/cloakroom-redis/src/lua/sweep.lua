-- KEYS: set
-- ARGV: rows' prefix, how many entries to look at
local ghosts = {}
for _, member in ipairs(redis.call('ZRANDMEMBER', KEYS[1], tonumber(ARGV[2]))) do
  if redis.call('EXISTS', ARGV[1] .. member) == 0 then ghosts[#ghosts + 1] = member end
end
if #ghosts > 0 then redis.call('ZREM', KEYS[1], unpack(ghosts)) end
return #ghosts
