-- POST bodies from a file in turn, to one path or to paths drawn from a file.
-- wrk … -s post.lua URL -- TOKEN BODIES PATHS [PAUSE]   (PATHS: a file with a path on each line; PAUSE: milliseconds in the mean)
local bodies, paths, headers, at = {}, {}, {}, 0

local function lines_of(name)
  local found = {}
  for line in io.lines(name) do found[#found + 1] = line end
  return found
end

function setup(thread)
  threads = (threads or 0) + 1
  thread:set("seed", threads)
end

function init(args)
  headers = { ["Authorization"] = "Bearer " .. args[1], ["Content-Type"] = "application/json" }
  bodies, paths = lines_of(args[2]), lines_of(args[3])
  pause = tonumber(args[4] or 0)
  math.randomseed(seed * 7919 + os.time())
  at = math.random(#bodies)
end

function request()
  at = at % #bodies + 1
  return wrk.format("POST", paths[math.random(#paths)], headers, bodies[at])
end

-- Callers do not keep step: a pause that is always the same would have all of them come at once.
function delay() return -math.log(1 - math.random()) * pause end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "failed": %d, "broken": %d, "p50": %d, "p95": %d, "p99": %d}\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
