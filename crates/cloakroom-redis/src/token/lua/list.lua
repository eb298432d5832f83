-- KEYS: set, subject's cut-off, store-wide cut-off
-- ARGV: now, first bound, how many entries to look at, subject, families' prefix, how many bytes, how many families
-- The first of the answers is the entry to go on behind, or ''.
local limit, room, most = tonumber(ARGV[3]), tonumber(ARGV[6]), tonumber(ARGV[7])
local cut = math.max(cutoff(KEYS[2]), cutoff(KEYS[3]))
local members = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[2], '+', 'LIMIT', 0, limit + 1)
local listed, last, ghosts = { '' }, nil, {}
for index, member in ipairs(members) do
  if index > limit or room <= 0 or #listed > most * 2 then
    listed[1] = last
    break
  end
  last = member
  local row = family(ARGV[5] .. member)
  if not row or subject_of(row) ~= ARGV[4] then
    ghosts[#ghosts + 1] = member
  elseif live(row, ARGV[1], cut) then
    room = room - #row
    listed[#listed + 1] = member
    listed[#listed + 1] = row
  end
end
if #ghosts > 0 then redis.call('ZREM', KEYS[1], unpack(ghosts)) end
return listed
