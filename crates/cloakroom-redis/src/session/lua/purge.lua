-- KEYS: row, store-wide cut-off
-- ARGV: now, member, prefix of the sets
local row = head(KEYS[1])
if not row or live(row, ARGV[1], cutoff(KEYS[2])) then return 0 end
if subject_of(row) ~= '' then redis.call('ZREM', ARGV[3] .. subject_of(row), ARGV[2]) end
return redis.call('UNLINK', KEYS[1])
