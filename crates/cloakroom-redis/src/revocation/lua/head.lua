-- ARGV: fresh feed
primary()
return { feed(ARGV[1]), head(), time() }
