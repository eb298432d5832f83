-- KEYS: set, subject's cut-off, store-wide cut-off
-- ARGV: now, cut-off, cut-off in decimal, subject, families' prefix, milliseconds to keep the cut-off
-- The first write is one that a full server takes, and after it the others are taken too: ending families needs no memory.
redis.call('PERSIST', KEYS[2])
local own, store, text = cutoff(KEYS[2]), cutoff(KEYS[3]), ARGV[3]
if own >= number(ARGV[2]) then text = redis.call('GET', KEYS[2]) end
redis.call('SET', KEYS[2], text, 'PX', ARGV[6])
local ended, rows = 0, {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local key = ARGV[5] .. member
  local known, row = pcall(family, key)
  local is_own = known and row and subject_of(row) == ARGV[4]
  if is_own and live(row, ARGV[1], math.max(own, store)) then ended = ended + 1 end
  -- A row of somebody else under an entry left behind stays; one that cannot be read goes.
  if not known or is_own then rows[#rows + 1] = key end
end
for first = 1, #rows, 1000 do redis.call('UNLINK', unpack(rows, first, math.min(first + 999, #rows))) end
redis.call('UNLINK', KEYS[1])
return ended
