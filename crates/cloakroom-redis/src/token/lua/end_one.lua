-- KEYS: family
-- ARGV: subject, member, prefix of the sets
local row = family(KEYS[1])
if not row or subject_of(row) ~= ARGV[1] then return 0 end
return drop(KEYS[1], row, ARGV[3], ARGV[2])
