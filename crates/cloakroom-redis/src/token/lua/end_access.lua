-- KEYS: record
-- ARGV: client
local row = access(KEYS[1])
if not row then return 0 end
local first = 78 + row:byte(3) + 1
if row:sub(first, first + row:byte(4) - 1) ~= ARGV[1] then return 0 end
return redis.call('UNLINK', KEYS[1])
