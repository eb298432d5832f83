-- KEYS: set, store-wide cut-off
-- ARGV: now, first bound, how many, subject, rows' prefix, how many bytes
local limit, room, cut = tonumber(ARGV[3]), tonumber(ARGV[6]), cutoff(KEYS[2])
local members = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[2], '+', 'LIMIT', 0, limit + 1)
local listed, last, ghosts = { '' }, nil, {}
for index, member in ipairs(members) do
  if index > limit or room <= 0 then
    listed[1] = last
    break
  end
  last = member
  local key = ARGV[5] .. member
  local row = head(key)
  if not row or subject_of(row) ~= ARGV[4] then
    ghosts[#ghosts + 1] = member
  elseif live(row, ARGV[1], cut) then
    row = redis.call('GET', key)
    room = room - #row
    listed[#listed + 1] = member
    listed[#listed + 1] = row
  end
end
if #ghosts > 0 then redis.call('ZREM', KEYS[1], unpack(ghosts)) end
return listed
