-- KEYS: row, store-wide cut-off
-- ARGV: now, old hash, new hash, reason, idle deadline, authenticated at or '', absolute deadline or '',
--       expected version or '', payload or '', prefixes of the subjects' cut-offs and sets
local row = head(KEYS[1])
local store = cutoff(KEYS[2])
if not row or not live(row, ARGV[1], store) then return 0 end
local at, lineage, absolute, subject = row:sub(52, 59), lineage_of(row), absolute_of(row), subject_of(row)
if ARGV[6] ~= '' then
  local fresh = number(ARGV[6])
  if subject == '' or fresh <= store or fresh <= cutoff(ARGV[10] .. subject) then return 3 end
  at, lineage = ARGV[6], later(lineage, ARGV[6])
  if ARGV[7] ~= '' then absolute = later(absolute, ARGV[7]) end
end
if row:sub(68, 99) ~= ARGV[2] or (ARGV[8] ~= '' and ARGV[8] ~= version_of(row)) then return 2 end
local idle = earlier(later(idle_of(row), ARGV[5]), absolute)
local version = struct.pack('>I8', struct.unpack('>I8', version_of(row)) + 1)
local fixed = row:sub(1, 1) .. ARGV[4] .. row:sub(3, 3) .. version .. row:sub(12, 19) .. later(seen_of(row), ARGV[1])
  .. idle .. absolute .. lineage .. at .. ARGV[1] .. ARGV[3] .. ARGV[2]
local time = ttl(idle, ARGV[1])
if ARGV[8] ~= '' then
  redis.call('SET', KEYS[1], fixed .. subject .. ARGV[9], 'PX', time)
else
  redis.call('SETRANGE', KEYS[1], 0, fixed)
  redis.call('PEXPIRE', KEYS[1], time)
end
if subject ~= '' and absolute ~= absolute_of(row) then keep(ARGV[11] .. subject, ttl(absolute, ARGV[1])) end
return version
