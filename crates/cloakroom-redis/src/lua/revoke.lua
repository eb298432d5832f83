-- KEYS: store-wide cut-off
-- ARGV: now, now in decimal
redis.call('PERSIST', KEYS[1])
if cutoff(KEYS[1]) < number(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[2]) end
return 1
