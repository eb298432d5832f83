-- ARGV: fresh feed, tag, entry of the token, its subject, entry of the subject's cut-off, the time at or before which
--       nothing is live, how many denials a subject may have, how many entries there may be, the fleet's skew, how
--       much longer a cut-off is kept, when the token was issued, how far ahead of a clock any may have been
begin()
feed(ARGV[1])
local entry = ARGV[3]
local old, subject = find(name_of(entry))
local dead = number(ARGV[6])
if not old or number(keep_until_of(old)) <= dead then
  local live = '(' .. whole(dead)
  if redis.call('ZCOUNT', DENIALS .. ARGV[4], live, '+inf') >= tonumber(ARGV[7])
    or redis.call('ZCOUNT', KEPT, live, '+inf') >= tonumber(ARGV[8]) then
    -- As `Denial::cut_off_from` does it, by the server's clock.
    local at = math.max(now() + tonumber(ARGV[9]), math.min(number(ARGV[11]), now() + tonumber(ARGV[12])))
    return move(raise(ARGV[5], at, tonumber(ARGV[10])), ARGV[2])
  end
end
if not old or number(keep_until_of(old)) < number(keep_until_of(entry)) then
  -- An entry stays with the subject that it came with.
  put(entry, subject or ARGV[4], old, subject, ARGV[2])
else
  -- A write, so that a repetition waits until replicas have what it repeats.
  redis.call('HSET', NAMES, name_of(old), redis.call('HGET', NAMES, name_of(old)))
end
return 1
