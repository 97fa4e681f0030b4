-- GET paths drawn from a file.
-- wrk … -s get.lua URL -- TOKEN PATHS
local paths, headers = {}, {}

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
  headers = { ["Authorization"] = "Bearer " .. args[1] }
  paths = lines_of(args[2])
  math.randomseed(seed * 7919 + os.time())
end

function request()
  return wrk.format("GET", paths[math.random(#paths)], headers)
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "failed": %d, "broken": %d, "p50": %d, "p95": %d, "p99": %d}\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
