-- KEYS: family
-- ARGV: secret's hash, client, member, prefix of the sets
local row = family(KEYS[1])
if not row or secret_of(row) ~= ARGV[1] or client_of(row) ~= ARGV[2] then return 0 end
return drop(KEYS[1], row, ARGV[4], ARGV[3])
