-- KEYS: row
-- ARGV: member, prefix of the sets
local known, row = pcall(head, KEYS[1])
if known and row and subject_of(row) ~= '' then redis.call('ZREM', ARGV[2] .. subject_of(row), ARGV[1]) end
return redis.call('UNLINK', KEYS[1])
