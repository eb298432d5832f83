-- ARGV: fresh feed, tag, entry, the fleet's skew, how much longer a cut-off is kept
begin()
feed(ARGV[1])
return move(raise(ARGV[3], now() + tonumber(ARGV[4]), tonumber(ARGV[5])), ARGV[2])
