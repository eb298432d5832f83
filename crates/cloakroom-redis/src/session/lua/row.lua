-- Shared by the scripts of sessions. Offsets count from 1; `row.rs` draws the row.
local HEAD = 131

-- The fixed part and the subject of the row at `key`; nothing when there is no row.
local function head(key)
  local text = redis.call('GETRANGE', key, 0, HEAD + 254)
  if text == '' and redis.call('EXISTS', key) == 0 then return nil end
  local length = text:byte(3)
  if text:byte(1) ~= 1 or not length or #text < HEAD + length then error('CLOAKROOM-CORRUPT row') end
  return text:sub(1, HEAD + length)
end

local function version_of(row) return row:sub(4, 11) end
local function seen_of(row) return row:sub(20, 27) end
local function idle_of(row) return row:sub(28, 35) end
local function absolute_of(row) return row:sub(36, 43) end
local function lineage_of(row) return row:sub(44, 51) end
local function subject_of(row) return row:sub(HEAD + 1) end

local function live(row, now, cut)
  now = number(now)
  return now < number(idle_of(row)) and now < number(absolute_of(row)) and cut < number(lineage_of(row))
end
