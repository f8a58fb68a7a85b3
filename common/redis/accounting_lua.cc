// How a batch is accounted.
//
// Exactness rests on the state string alone: one byte an item, low three bits its state, high five
// the round it was reached in. A move is made only where headrace::IsTransition allows it, and the
// counters change by what was moved, in the same script. So a record may be applied twice, late, in
// pieces or again from the beginning: what has been moved does not move again. The applied offset
// in the batch hash informs people and is not consulted: a store that was emptied while records
// were on their way would have noted the offset of a late record before the earlier ones came back,
// and would then refuse them.
//
// The cost follows the touched spans, not the batch. A span is one GETRANGE and one SETRANGE; where
// nothing stood before, which is the rule, no byte is looked at in Lua.
//
// A retry leaves the states alone. Its fact notes, one byte an item in a string of its own, the
// highest round opened for the item; an item whose state was reached in a lower round than that is
// being tried again. `retrying` counts those items: it follows from the two bytes of each item,
// both of which only grow in their round, so that outcomes and retries may come in any order.
//
// Facts travel in another topic than outcomes, so either may come first. Every field is therefore a
// maximum, a minimum or a value that only one fact carries, and status, item_count and completion
// are derived again at the end of each script.
#include "common/redis/accounting_lua.h"

namespace headrace::redis {

// ARGV[1] time, ARGV[2] seconds until an ended batch expires.
const std::string_view kBatchLua = R"lua(
local FIELDS = {'succeeded', 'failed', 'skipped', 'canceled', 'item_count', 'declared', 'sealed',
  'dispatched', 'upstream', 'status', 'project', 'created_at', 'started_at', 'updated_at',
  'completed_at', 'index_end', 'rejected', 'source_sha256', 'round', 'retrying', 'applied_field'}
local at, ttl = ARGV[1], tonumber(ARGV[2])
local RETRIES = KEYS[7]
local now, changes = {}, {}
local replaced = false -- an outcome of a newer round took the place of an older one

local function load(last_field)
  FIELDS[#FIELDS] = last_field
  local values = redis.call('HMGET', KEYS[1], unpack(FIELDS))
  for i, name in ipairs(FIELDS) do now[name] = values[i] or nil end
end

local function set(name, value)
  value = tostring(value)
  if now[name] == value then return end
  now[name] = value
  changes[#changes + 1] = name
  changes[#changes + 1] = value
end

local function number(name) return tonumber(now[name] or 0) end
local function raise(name, value) if value > (now[name] or '') then set(name, value) end end
local function lower(name, value)
  if not now[name] or value < now[name] then set(name, value) end
end
local function raise_number(name, value)
  if not now[name] or tonumber(value) > tonumber(now[name]) then set(name, value) end
end

local function status_of(total, terminal)
  if now.upstream then return 'open' end
  if not now.sealed then return 'loading' end
  if terminal == 0 and total > 0 then return 'queued' end
  if terminal ~= total or number('retrying') > 0 then return 'processing' end
  if total > 0 and number('canceled') == total then return 'canceled' end
  if number('failed') == 0 then return 'succeeded' end
  return number('succeeded') > 0 and 'partial' or 'failed'
end

local function finish()
  local terminal = number('succeeded') + number('failed') + number('skipped') + number('canceled')
  if not now.sealed then set('item_count', math.max(number('declared'), terminal)) end
  local total = number('item_count')
  for i = 1, 4 do if not now[FIELDS[i]] then set(FIELDS[i], 0) end end
  set('status', status_of(total, terminal))
  local ended = now.sealed and terminal == total and number('retrying') == 0
  if ended and (replaced or not now.completed_at) then set('completed_at', now.updated_at) end
  local reopened = now.completed_at and not ended
  if reopened then redis.call('HDEL', KEYS[1], 'completed_at') end
  if #changes > 0 then redis.call('HSET', KEYS[1], unpack(changes)) end
  if #changes > 0 and (ended or now.upstream) then
    for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ttl) end
  elseif reopened then
    for _, key in ipairs(KEYS) do redis.call('PERSIST', key) end
  end
end
)lua";

// KEYS batch states errors error_codes error_index error_names retries. ARGV[3..] offset, name of
// the applied field, project, upstream (0 or 1), errors kept at most; then for each span: first
// index, length, bytes, four counts, and per failed item index, code, JSON. Answers how many items
// moved.
const std::string_view kOutcomesLua = R"lua(
local STATES, ERRORS, CODES, SLOTS, NAMES = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local CHUNK, OTHER = 16384, 255
local UNLIKE = {'[^\1]', '[^\2]', '[^\3]', '[^\4]'} -- the first byte of another state, round 0
local offset, applied, project, upstream = ARGV[3], ARGV[4], ARGV[5], ARGV[6] == '1'
local errors_max = tonumber(ARGV[7])
local delta, moved, retrying = {0, 0, 0, 0}, 0, 0
local names, errors_kept

load(applied)

local function slot_of(code)
  if not names then
    names = {}
    for i, name in ipairs(redis.call('LRANGE', NAMES, 0, -1)) do names[name] = i end
  end
  if names[code] then return names[code], code end
  local count = redis.call('LLEN', NAMES)
  if count >= OTHER - 1 then return OTHER, 'other' end
  names[code] = redis.call('RPUSH', NAMES, code)
  return names[code], code
end

local function note_error(index, code, json)
  local slot, counted = slot_of(code)
  redis.call('SETRANGE', SLOTS, index, string.char(slot))
  redis.call('HINCRBY', CODES, counted, 1)
  errors_kept = errors_kept or redis.call('HLEN', ERRORS)
  if errors_kept < errors_max then errors_kept = errors_kept + redis.call('HSET', ERRORS, index, json) end
end

local function take_back_error(index)
  local slot = string.byte(redis.call('GETRANGE', SLOTS, index, index)) or 0
  local code = slot == OTHER and 'other' or redis.call('LINDEX', NAMES, slot - 1)
  redis.call('SETRANGE', SLOTS, index, '\0')
  if slot > 0 and code and redis.call('HINCRBY', CODES, code, -1) <= 0 then
    redis.call('HDEL', CODES, code)
  end
  errors_kept = (errors_kept or redis.call('HLEN', ERRORS)) - redis.call('HDEL', ERRORS, index)
end

-- Looks at the touched bytes only and copies what lies between them. Items that are alike and had no
-- state move together.
local function move_by_runs(first, old, new)
  old = old .. string.rep('\0', #new - #old)
  local wanted = now.round and redis.call('GETRANGE', RETRIES, first, first + #new - 1) or ''
  local out, failed, copied = {}, {}, 0
  local taken = 0 -- where the next item with a state stands
  local i = string.find(new, '%Z')
  while i do
    local to, from, last = string.byte(new, i), string.byte(old, i), i
    if taken < i then taken = string.find(old, '%Z', i) or #old + 1 end
    if taken > i and to < 8 and wanted == '' then
      last = math.min(taken, string.find(new, UNLIKE[to], i) or #new + 1) - 1
    end
    if from == 0 or math.floor(to / 8) > math.floor(from / 8) then
      if from ~= 0 then
        delta[from % 8] = delta[from % 8] - 1
        if from % 8 == 2 then take_back_error(first + i - 1) end
        replaced = true
      end
      local round = string.byte(wanted, i) or 0
      if from ~= 0 and round > math.floor(from / 8) then retrying = retrying - 1 end
      if round > math.floor(to / 8) then retrying = retrying + 1 end
      if to % 8 == 2 then
        for j = i, last do failed[first + j - 1] = true end
      end
      delta[to % 8] = delta[to % 8] + last - i + 1
      moved = moved + last - i + 1
      if copied + 1 < i then out[#out + 1] = string.sub(old, copied + 1, i - 1) end
      out[#out + 1] = string.sub(new, i, last)
      copied = last
    end
    i = string.find(new, '%Z', last + 1)
  end
  if copied > 0 then redis.call('SETRANGE', STATES, first, table.concat(out)) end
  return failed
end

-- Returns nil when every item of the span moved, else the set of the failed ones that did.
local function move(first, new, counts)
  local old = redis.call('GETRANGE', STATES, first, first + #new - 1)
  if not now.round and not string.find(old, '%Z') then
    redis.call('SETRANGE', STATES, first, new)
    for state = 1, 4 do
      delta[state] = delta[state] + counts[state]
      moved = moved + counts[state]
    end
    return nil
  end
  if old == new then return {} end
  return move_by_runs(first, old, new)
end

local function move_run(first, length, byte)
  local state = string.byte(byte) % 8
  local chunk = string.rep(byte, math.min(length, CHUNK))
  while length > 0 do
    local n = math.min(length, CHUNK)
    local counts = {0, 0, 0, 0}
    counts[state] = n
    move(first, n == #chunk and chunk or string.rep(byte, n), counts)
    first, length = first + n, length - n
  end
end

local i = 8
while ARGV[i] do
  local first, length, bytes = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), ARGV[i + 2]
  local counts = {tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4]), tonumber(ARGV[i + 5]),
    tonumber(ARGV[i + 6])}
  i = i + 7
  if #bytes < length then
    move_run(first, length, bytes)
  else
    local failed = move(first, bytes, counts)
    for j = i, i + 3 * (counts[2] - 1), 3 do
      local index = tonumber(ARGV[j])
      if not failed or failed[index] then note_error(index, ARGV[j + 1], ARGV[j + 2]) end
    end
    i = i + 3 * counts[2]
  end
end

if not now.project then set('project', project) end
if upstream then
  set('upstream', 1)
  lower('created_at', at)
end
if moved > 0 then
  for state = 1, 4 do set(FIELDS[state], number(FIELDS[state]) + delta[state]) end
  if retrying ~= 0 then set('retrying', number('retrying') + retrying) end
  lower('started_at', at)
  raise('updated_at', at)
end
raise_number(applied, offset)
finish()
return moved
)lua";

// KEYS as above. ARGV[3..] kind, project, item_count, index_end, rejected, dispatched,
// source_sha256, metadata; empty = not said; round, upstream (0 or 1), and first and last index of
// every range of a retry.
const std::string_view kFactLua = R"lua(
local kind, project, item_count, index_end = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local rejected, dispatched, sha256, metadata = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local round, upstream = tonumber(ARGV[11]), ARGV[12] == '1'
local CHUNK = 4096
local retrying = 0

-- Raises the round of every item of the range, and counts those that are being tried again by it.
local function open_round(first, last)
  local wanted = redis.call('GETRANGE', RETRIES, first, last)
  local states = redis.call('GETRANGE', KEYS[2], first, last)
  local out = {}
  for i = 1, last - first + 1 do
    local before, state = string.byte(wanted, i) or 0, string.byte(states, i) or 0
    local reached = math.floor(state / 8)
    if state ~= 0 and round > reached and before <= reached then retrying = retrying + 1 end
    out[i] = string.char(math.max(before, round))
  end
  redis.call('SETRANGE', RETRIES, first, table.concat(out))
end

load('sealed_at')
set('project', project)
if kind == 'opened' then
  set('created_at', at)
  if item_count ~= '' then set('declared', item_count) end
  if metadata ~= '' then redis.call('HSET', KEYS[1], 'metadata', metadata) end
elseif kind == 'dispatched' then
  if dispatched ~= '' then raise_number('dispatched', dispatched) end
  lower('started_at', at)
elseif kind == 'sealed' then
  set('sealed', 1)
  set('sealed_at', at)
  if item_count ~= '' then set('item_count', item_count) end
  if rejected ~= '' then set('rejected', rejected) end
elseif kind == 'retry' then
  raise_number('round', round)
  if upstream then
    set('upstream', 1)
    lower('created_at', at)
  end
  for i = 13, #ARGV, 2 do
    local last = tonumber(ARGV[i + 1])
    for first = tonumber(ARGV[i]), last, CHUNK do
      open_round(first, math.min(last, first + CHUNK - 1))
    end
  end
  set('retrying', number('retrying') + retrying)
end
if index_end ~= '' and (kind == 'sealed' or not now.sealed) then set('index_end', index_end) end
if sha256 ~= '' then set('source_sha256', sha256) end
raise('updated_at', at)
finish()
return 1
)lua";

// KEYS meta. ARGV mark field, rebuilding field, next offset, expected offset (empty: not there),
// schema field, schema version. Answers 1 when the mark was moved.
const std::string_view kMarkLua = R"lua(
local schema = redis.call('HGET', KEYS[1], ARGV[5])
if schema and schema ~= ARGV[6] then
  return redis.error_reply('HEADRACE schema ' .. schema .. ' was written by another version')
end
local stands = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if stands ~= ARGV[4] then return 0 end
if stands ~= ARGV[3] then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
if not schema then redis.call('HSET', KEYS[1], ARGV[5], ARGV[6]) end
local rebuilding = redis.call('HGET', KEYS[1], ARGV[2])
if rebuilding and tonumber(ARGV[3]) >= tonumber(rebuilding) then
  redis.call('HDEL', KEYS[1], ARGV[2])
end
return 1
)lua";

}  // namespace headrace::redis
