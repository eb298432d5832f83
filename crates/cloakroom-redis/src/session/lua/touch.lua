-- KEYS: row, store-wide cut-off
-- ARGV: now, idle deadline
local row = head(KEYS[1])
if not row or not live(row, ARGV[1], cutoff(KEYS[2])) then return 0 end
local idle = earlier(later(idle_of(row), ARGV[2]), absolute_of(row))
redis.call('SETRANGE', KEYS[1], 19, later(seen_of(row), ARGV[1]) .. idle)
redis.call('PEXPIRE', KEYS[1], ttl(idle, ARGV[1]))
return 1
