-- KEYS: row, set
-- ARGV: member, subject
local row = head(KEYS[1])
if not row or subject_of(row) ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('UNLINK', KEYS[1])
