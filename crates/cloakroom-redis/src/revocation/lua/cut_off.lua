-- ARGV: fresh feed, tag, entry
begin()
feed(ARGV[1])
return move(ARGV[3], ARGV[2])
