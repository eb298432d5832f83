-- Shared by the scripts of tokens. Offsets count from 1; `row.rs` draws the rows.
local HEAD = 120

-- The row at `key`; nothing when there is none.
local function family(key)
  local row = redis.call('GET', key)
  if not row then return nil end
  local subject, client = row:byte(3, 4)
  local is_whole = client and #row >= HEAD + subject + client
  if not is_whole or row:byte(1) ~= 1 or row:byte(2) > 1 or row:sub(5, 8) ~= '\0\0\0\0' then
    error('CLOAKROOM-CORRUPT family')
  end
  return row
end

local function generation_of(row) return (struct.unpack('>I8', row:sub(5, 12))) end
local function rotated_of(row) return row:sub(25, 32) end
local function idle_of(row) return row:sub(33, 40) end
local function absolute_of(row) return row:sub(41, 48) end
local function authenticated_of(row) return row:sub(49, 56) end
local function secret_of(row) return row:sub(57, 88) end
local function subject_of(row) return row:sub(HEAD + 1, HEAD + row:byte(3)) end
local function client_of(row)
  local first = HEAD + row:byte(3) + 1
  return row:sub(first, first + row:byte(4) - 1)
end

-- Whether it is live where the later of both cut-offs is this.
local function live(row, now, cut)
  now = number(now)
  return now < number(idle_of(row)) and now < number(absolute_of(row)) and cut < number(authenticated_of(row))
end

-- The later one of the store and the row's subject.
local function cut_of(row, store, cutoffs)
  return math.max(cutoff(store), cutoff(cutoffs .. subject_of(row)))
end

-- Ends it.
local function drop(key, row, sets, member)
  redis.call('ZREM', sets .. subject_of(row), member)
  return redis.call('UNLINK', key)
end
