-- For a single server. KEYS: record
-- ARGV: prefix of all keys, now
local row = access(KEYS[1])
if not row or number(ARGV[2]) >= number(expires_of(row)) then return 0 end
local subject, id = row:sub(79, 78 + row:byte(3)), ''
if row:byte(2) >= 2 then id = row:sub(31, 46) end
if not stands(ARGV[1], ARGV[2], row:sub(5, 12), row:sub(29, 30), subject, id) then return 0 end
return row
