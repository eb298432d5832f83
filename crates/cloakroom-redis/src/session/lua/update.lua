-- KEYS: row, store-wide cut-off
-- ARGV: now, expected version, the next one, idle deadline, payload
local row = head(KEYS[1])
if not row or not live(row, ARGV[1], cutoff(KEYS[2])) then return 0 end
if version_of(row) ~= ARGV[2] then return redis.call('GET', KEYS[1]) end
local idle = earlier(later(idle_of(row), ARGV[4]), absolute_of(row))
local seen = later(seen_of(row), ARGV[1])
row = row:sub(1, 3) .. ARGV[3] .. row:sub(12, 19) .. seen .. idle .. row:sub(36)
redis.call('SET', KEYS[1], row .. ARGV[5], 'PX', ttl(idle, ARGV[1]))
return 1
