-- ARGV: names of the token, of the subject, of everything; '' where there is none
primary()
local found = { time() }
for index, name in ipairs(ARGV) do found[index + 1] = name ~= '' and find(name) or '' end
return found
