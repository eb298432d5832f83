-- KEYS: family, store-wide cut-off
-- ARGV: now, member, prefixes of the subjects' cut-offs and sets
local row = family(KEYS[1])
if not row or live(row, ARGV[1], cut_of(row, KEYS[2], ARGV[3])) then return 0 end
return drop(KEYS[1], row, ARGV[4], ARGV[2])
