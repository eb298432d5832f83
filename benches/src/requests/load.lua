-- Each request carries the token of another session. They are put together before the load begins. Each answer is looked
-- at: one of another status or with another body than the third argument ends up among the errors.
local requests, at, all = {}, 0, {}

function setup(thread)
  thread:set("offset", #all * 7919)
  all[#all + 1] = thread
end

function init(args)
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", "/", { Cookie = args[2] .. "=" .. token })
  end
  at, wanted, wrong = offset, args[3], 0
end

function request()
  at = at + 1
  return requests[at % #requests + 1]
end

function response(status, _, body)
  if status ~= 200 or body ~= wanted then
    wrong = wrong + 1
  end
end

function done(summary, latency, _)
  local e = summary.errors
  local errors = e.connect + e.read + e.write + e.timeout
  for _, thread in ipairs(all) do
    errors = errors + thread:get("wrong")
  end
  io.write(string.format("RESULT %d %d %d\n", summary.requests, summary.duration, errors))
end
