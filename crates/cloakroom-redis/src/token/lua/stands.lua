-- KEYS: store-wide cut-off of the bucket
-- ARGV: prefix of all keys, now, authenticated at, subject's tag, subject or '', family or ''
if stands(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]) then return 1 end
return 0
