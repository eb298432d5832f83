-- The record of an access token; nothing when there is none. `row.rs` draws it.
local function access(key)
  local row = redis.call('GET', key)
  if not row then return nil end
  local subject, client = row:byte(3, 4)
  if row:byte(1) ~= 1 or not client or row:byte(2) > 3 or #row < 78 + subject + client then
    error('CLOAKROOM-CORRUPT access token')
  end
  return row
end

local function expires_of(row) return row:sub(21, 28) end

-- Whether the cut-offs and the family, where there are any, let it be. The keys are found by the tags, so in a Cluster all
-- that is asked for has to lie in the slot of the script.
local function stands(prefix, now, at, tag, subject, id)
  local function names(tag) return string.format('%s:{%03x}', prefix, math.floor(struct.unpack('>I2', tag) / 16)) end
  if subject ~= '' then
    local bucket = names(tag)
    at = number(at)
    if at <= cutoff(bucket .. ':fall') or at <= cutoff(bucket .. ':fc:' .. subject) then return false end
  end
  if id == '' then return true end
  local bucket = names(id)
  local row = family(bucket .. ':f:' .. id:gsub('.', function(byte) return string.format('%02x', byte:byte()) end))
  return row and live(row, now, cut_of(row, bucket .. ':fall', bucket .. ':fc:'))
end
