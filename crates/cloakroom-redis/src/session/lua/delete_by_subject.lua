-- KEYS: set, subject's cut-off, store-wide cut-off
-- ARGV: now, now in decimal, member to spare or '', subject, rows' prefix, milliseconds to keep the cut-off
-- The first write is one that a full server takes, and after it the others are taken too: ending sessions needs no memory.
redis.call('PERSIST', KEYS[2])
local store, cut, text = cutoff(KEYS[3]), cutoff(KEYS[2]), ARGV[2]
if cut < number(ARGV[1]) then cut = number(ARGV[1]) else text = redis.call('GET', KEYS[2]) end
local ended, rows, members, spared = 0, {}, redis.call('ZRANGE', KEYS[1], 0, -1), nil
local gone = {}
for _, member in ipairs(members) do
  local key = ARGV[5] .. member
  local known, row = pcall(head, key)
  local alive = known and row and subject_of(row) == ARGV[4] and live(row, ARGV[1], store)
  if alive and member == ARGV[3] then
    spared = row
  else
    gone[#gone + 1] = member
    if alive then ended = ended + 1 end
    -- A row of somebody else under an entry left behind stays; one that cannot be read goes.
    if not known or (row and subject_of(row) == ARGV[4]) then rows[#rows + 1] = key end
  end
end
for first = 1, #rows, 1000 do redis.call('UNLINK', unpack(rows, first, math.min(first + 999, #rows))) end
if spared then
  for first = 1, #gone, 1000 do
    redis.call('ZREM', KEYS[1], unpack(gone, first, math.min(first + 999, #gone)))
  end
  redis.call('SETRANGE', ARGV[5] .. ARGV[3], 43, later(lineage_of(spared), raw(cut + 1)))
else
  redis.call('UNLINK', KEYS[1])
end
redis.call('SET', KEYS[2], text, 'PX', ARGV[6])
return ended
