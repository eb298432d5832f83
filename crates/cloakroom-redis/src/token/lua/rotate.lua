-- KEYS: family, store-wide cut-off
-- ARGV: now, secret's hash, generation, client, confirmation or '', next key, idle deadline, grace in milliseconds, member,
--       prefixes of the subjects' cut-offs and sets
local row = family(KEYS[1])
if not row or not live(row, ARGV[1], cut_of(row, KEYS[2], ARGV[10])) then return 0 end
if secret_of(row) ~= ARGV[2] then return 1 end
if client_of(row) ~= ARGV[4] then return 2 end
if row:byte(2) == 1 and row:sub(89, 120) ~= ARGV[5] then return 3 end
local age, grace = generation_of(row) - tonumber(ARGV[3]), tonumber(ARGV[8])
if age < 0 then return 4 end
local in_grace = grace > 0 and number(ARGV[1]) < number(rotated_of(row)) + grace
if age == 0 and generation_of(row) == 4294967295 then
  drop(KEYS[1], row, ARGV[11], ARGV[9])
  return { 5, row }
elseif age == 0 then
  local idle = earlier(later(idle_of(row), ARGV[7]), absolute_of(row))
  row = row:sub(1, 4) .. struct.pack('>I8', generation_of(row) + 1) .. ARGV[6] .. row:sub(17, 24) .. ARGV[1] .. idle
    .. row:sub(41)
  redis.call('SETRANGE', KEYS[1], 4, row:sub(5, 40))
  redis.call('PEXPIRE', KEYS[1], ttl(idle, ARGV[1]))
  return { 6, row }
elseif age == 1 and in_grace then
  -- A write, so that a retry waits until replicas have the rotation that it repeats.
  redis.call('PEXPIRE', KEYS[1], ttl(idle_of(row), ARGV[1]))
  return { 7, row }
elseif age == 2 and in_grace then
  return 8
end
drop(KEYS[1], row, ARGV[11], ARGV[9])
return { 9, row }
