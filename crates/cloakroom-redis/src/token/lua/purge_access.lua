-- KEYS: record
-- ARGV: now
local row = access(KEYS[1])
if not row or number(ARGV[1]) < number(expires_of(row)) then return 0 end
return redis.call('UNLINK', KEYS[1])
