#include "common/graph/postgres_writer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/log.h"
#include "common/model/refusal_codes.h"

namespace headrace::graph {
namespace {

constexpr std::size_t kValues = 31;  // of apply_chunk

std::string ApplyCall() {
  std::string call = "SELECT duplicates, canceled, conflicts, {durably} FROM {schema}.apply_chunk(";
  for (std::size_t number = 1; number <= kValues; ++number) {
    call += (number == 1 ? "$" : ", $") + std::to_string(number);
  }
  return call + ")";
}

std::vector<PostgresValue> ValuesOf(const Chunk& chunk, const std::vector<Item>& items,
                                    const PostgresRun& run, const std::vector<HeldToken>& tokens) {
  PostgresArray source(PostgresType::kText), token(PostgresType::kInt8);
  for (const HeldToken& held : tokens) {
    source.Add(held.source);
    token.AddInt8(held.token);
  }
  std::vector<PostgresValue> values = {source.Take(), token.Take()};
  for (PostgresValue& value : RunValues(chunk, items, run)) values.push_back(std::move(value));
  return values;
}

}  // namespace

PostgresWriter::PostgresWriter(const PostgresSettings& settings, const PostgresPatience& patience,
                               PostgresFence& fence)
    : connection_(settings, patience), fence_(fence) {}

void PostgresWriter::DrawTokens() {
  if (auto failed = fence_.Draw(connection_)) {
    log::Debug("claims_wait_for_the_store", {{"reason", failed->message}});
  }
}

ChunkResult PostgresWriter::Apply(const Chunk& chunk) {
  ChunkResult result;
  result.token = chunk.token;
  auto tokens = fence_.TokensFor(chunk, connection_);
  if (tokens.error) {
    result.error = std::move(tokens.error);
    return result;
  }
  Work work{chunk, result, std::move(tokens.held)};
  for (const PostgresRun& run : reader_.Read(chunk, result.failures)) {
    auto failed = Write(work, run);
    if (!failed) continue;
    result.failures.clear();
    result.duplicates = 0;
    result.error = ChunkErrorOf(*failed);
    return result;
  }
  std::sort(result.failures.begin(), result.failures.end(),
            [](const auto& a, const auto& b) { return a.position < b.position; });
  return result;
}

std::optional<PostgresError> PostgresWriter::Write(Work& work, const PostgresRun& run) {
  static const std::string kCall = ApplyCall();
  const PostgresAnswer answer =
      connection_.Run(kCall, ValuesOf(work.chunk, reader_.items(), run, work.tokens));
  if (answer.error()) {
    if (!IsItemError(*answer.error())) return answer.error();
    if (run.size() > 1) return WriteHalves(work, run);
    work.result.failures.push_back({run.front(), std::string(codes::kStoreRefused),
                                    "the store refused the item: " + answer.error()->message,
                                    false});
    return std::nullopt;
  }
  if (answer.rows() != 1) return PostgresError{"XX000", "apply_chunk answered no row"};
  work.result.duplicates += static_cast<std::uint32_t>(answer.Int(0, 0));
  for (const std::int32_t number : ReadInt4Array(answer.Bytes(0, 1))) {
    work.result.failures.push_back({run[static_cast<std::size_t>(number - 1)],
                                    std::string(codes::kErased),
                                    "the graph was deleted after the item was accepted", true});
  }
  for (const std::int32_t number : ReadInt4Array(answer.Bytes(0, 2))) {
    work.result.failures.push_back({run[static_cast<std::size_t>(number - 1)],
                                    std::string(codes::kThreadConflict),
                                    "the thread belongs to another graph", false});
  }
  return std::nullopt;
}

// One of the items is bad, and the server says which only of one that stands alone.
std::optional<PostgresError> PostgresWriter::WriteHalves(Work& work, const PostgresRun& run) {
  const auto middle = run.begin() + static_cast<std::ptrdiff_t>(run.size() / 2);
  if (auto failed = Write(work, {run.begin(), middle})) return failed;
  return Write(work, {middle, run.end()});
}

}  // namespace headrace::graph
