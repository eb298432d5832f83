-- For a single server. KEYS: record
-- ARGV: prefix of all keys, now, authenticated at, subject's tag, subject, family or '', row, time to live
if not stands(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]) then return 2 end
if redis.call('SET', KEYS[1], ARGV[7], 'PX', ARGV[8], 'NX') then return 1 end
return 0
