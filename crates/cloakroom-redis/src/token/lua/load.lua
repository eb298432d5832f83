-- KEYS: family, store-wide cut-off
-- ARGV: now, secret's hash, prefix of the subjects' cut-offs
local row = family(KEYS[1])
if not row or secret_of(row) ~= ARGV[2] or not live(row, ARGV[1], cut_of(row, KEYS[2], ARGV[3])) then return 0 end
return row
