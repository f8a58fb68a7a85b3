#include <chrono>
#include <sstream>

#include "common/redis/redis_keys.h"
#include "common/redis/redis_outcome_store.h"
#include "tests/integration/redis/redis_fixture.h"

namespace headrace::redis {
namespace {

using std::chrono::seconds;

const Timestamp kStart{seconds(1'800'000'000)};  // 2027-01-15T08:00:00Z

class Accounting : public RedisTest {
 protected:
  void SetUp() override {
    RedisTest::SetUp();
    Reopen();
  }

  void Reopen() {
    auto store = OpenRedisOutcomeStore(settings_);
    ASSERT_TRUE(store.ok());
    store_ = std::move(*store);
  }

  PlacedOutcome Outcome(std::uint8_t round = 0) {
    PlacedOutcome outcome;
    outcome.record.batch = batch_;
    outcome.record.project = "p";
    outcome.record.round = round;
    outcome.partition = 5;
    outcome.offset = next_offset_++;
    outcome.at = kStart + seconds(outcome.offset);
    return outcome;
  }

  PlacedOutcome Succeeded(IndexRange range, std::uint8_t round = 0) {
    PlacedOutcome outcome = Outcome(round);
    outcome.record.succeeded = {range};
    return outcome;
  }

  PlacedOutcome Failed(std::vector<std::uint32_t> indices, const std::string& code,
                       std::uint8_t round = 0) {
    PlacedOutcome outcome = Outcome(round);
    for (const std::uint32_t index : indices) {
      outcome.record.failed.push_back({index, {code, "The store said \"no\".", 2}});
    }
    return outcome;
  }

  BatchFact Fact(BatchFactKind kind, std::uint64_t count) {
    BatchFact fact;
    fact.kind = kind;
    fact.batch = batch_;
    fact.project = "p";
    fact.at = kStart;
    if (kind == BatchFactKind::kDispatched) {
      fact.dispatched = count;
    } else {
      fact.item_count = count;
    }
    return fact;
  }

  void Apply(const PlacedOutcome& outcome) {
    const Status status = store_->ApplyOutcomes({&outcome, 1});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  void Apply(const BatchFact& fact) {
    const Status status = store_->ApplyFacts({&fact, 1});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  std::string Field(const std::string& name) { return Hash(Keys().batch)[name]; }
  BatchKeys Keys() const { return BatchKeys(settings_.prefix, batch_); }

  // How often each command was executed since the last CONFIG RESETSTAT.
  std::map<std::string, int> CommandCalls() {
    std::map<std::string, int> calls;
    std::istringstream lines(Ask({"INFO", "commandstats"}).text);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("cmdstat_")) continue;
      const std::string name = line.substr(8, line.find(':') - 8);
      calls[name] = std::stoi(line.substr(line.find("calls=") + 6));
    }
    return calls;
  }

  std::unique_ptr<OutcomeStore> store_;
  const BatchId batch_ = BatchId::Random();
  std::int64_t next_offset_ = 1;
};

TEST_P(Accounting, BatchOfAnyOrderEndsWithItsTimes) {
  Apply(Succeeded({0, 1}));
  EXPECT_EQ(Field("status"), "loading");
  Apply(Fact(BatchFactKind::kSealed, 4));
  EXPECT_EQ(Field("status"), "processing");
  Apply(Fact(BatchFactKind::kOpened, 4));
  Apply(Failed({3}, "store_refused"));
  EXPECT_EQ(Field("completed_at"), "");
  Apply(Succeeded({2, 2}));
  EXPECT_EQ(Field("status"), "partial");
  EXPECT_EQ(Field("item_count"), "4");
  EXPECT_EQ(Field("succeeded"), "3");
  EXPECT_EQ(Field("failed"), "1");
  EXPECT_EQ(Field("created_at"), "2027-01-15T08:00:00.000Z");
  EXPECT_EQ(Field("started_at"), "2027-01-15T08:00:01.000Z");
  EXPECT_EQ(Field("completed_at"), "2027-01-15T08:00:03.000Z");
  EXPECT_EQ(Field("applied:5"), "3");
  EXPECT_EQ(
      Ask({"HGET", Keys().errors, "3"}).text,
      R"({"code":"store_refused","message":"The store said \"no\".","attempts":2,"round":0})");
}

TEST_P(Accounting, StatusOfTheEnd) {
  struct Case {
    const char* name;
    std::uint32_t succeeded, failed, skipped, canceled;
    const char* status;
  };
  const Case cases[] = {
      {"all succeeded", 3, 0, 0, 0, "succeeded"}, {"one failed", 2, 1, 0, 0, "partial"},
      {"all failed", 0, 3, 0, 0, "failed"},       {"failed and skipped", 0, 1, 2, 0, "failed"},
      {"all skipped", 0, 0, 3, 0, "succeeded"},   {"all canceled", 0, 0, 0, 3, "canceled"},
      {"some canceled", 1, 0, 0, 2, "succeeded"}, {"empty", 0, 0, 0, 0, "succeeded"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Ask({"FLUSHALL"});
    PlacedOutcome outcome = Outcome();
    std::uint32_t next = 0;
    const auto range = [&](std::uint32_t count) -> std::vector<IndexRange> {
      if (count == 0) return {};
      next += count;
      return {{next - count, next - 1}};
    };
    outcome.record.succeeded = range(c.succeeded);
    outcome.record.skipped = range(c.skipped);
    outcome.record.canceled = range(c.canceled);
    for (std::uint32_t i = 0; i < c.failed; ++i)
      outcome.record.failed.push_back({next++, {"x", "y", 1}});
    Apply(Fact(BatchFactKind::kSealed, next));
    if (next > 0) {
      EXPECT_EQ(Field("status"), "queued");
      Apply(outcome);
    }
    EXPECT_EQ(Field("status"), c.status);
  }
}

TEST_P(Accounting, CompletionIsNotedOnceARound) {
  Apply(Fact(BatchFactKind::kSealed, 2));
  const PlacedOutcome last = Succeeded({1, 1});
  Apply(Failed({0}, "x"));
  Apply(last);
  const std::string completed_at = Field("completed_at");
  EXPECT_FALSE(completed_at.empty());
  Apply(last);
  Apply(Fact(BatchFactKind::kSealed, 2));
  EXPECT_EQ(Field("completed_at"), completed_at);
  Apply(Succeeded({0, 0}, 1));
  EXPECT_GT(Field("completed_at"), completed_at);
  EXPECT_EQ(Field("status"), "succeeded") << "a later round changes what the batch came to";
}

TEST_P(Accounting, NewerRoundTakesBackErrorAndCode) {
  Apply(Failed({0, 1, 2}, "a"));
  Apply(Failed({3}, "b"));
  Apply(Failed({1}, "b", 1));
  EXPECT_EQ(Hash(Keys().error_codes), (std::map<std::string, std::string>{{"a", "2"}, {"b", "2"}}));
  EXPECT_NE(Ask({"HGET", Keys().errors, "1"}).text.find("\"round\":1"), std::string::npos);
  Apply(Succeeded({0, 3}, 2));
  EXPECT_EQ(Field("failed"), "0");
  EXPECT_EQ(Field("succeeded"), "4");
  EXPECT_TRUE(Hash(Keys().error_codes).empty());
  EXPECT_TRUE(Hash(Keys().errors).empty());
}

TEST_P(Accounting, KeepsABoundedNumberOfErrorsButCountsAll) {
  settings_.errors_per_batch_max = 3;
  Reopen();
  Apply(Failed({9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, "a"));
  EXPECT_EQ(Hash(Keys().errors).size(), 3U);
  EXPECT_EQ(Hash(Keys().error_codes)["a"], "10");
}

TEST_P(Accounting, MoreCodesThanAByteCanNameAreCountedTogether) {
  PlacedOutcome outcome = Outcome();
  for (std::uint32_t i = 0; i < 300; ++i) {
    outcome.record.failed.push_back({i, {"code_" + std::to_string(i), "No.", 1}});
  }
  Apply(outcome);
  EXPECT_EQ(Hash(Keys().error_codes).size(), 255U);
  EXPECT_EQ(Hash(Keys().error_codes)["other"], "46");
  Apply(Succeeded({0, 299}, 1));
  EXPECT_TRUE(Hash(Keys().error_codes).empty());
}

TEST_P(Accounting, CostDoesNotDependOnTheSizeOfTheBatch) {
  constexpr std::uint32_t kLast = 1'000'000;
  std::vector<std::map<std::string, int>> calls;
  for (const bool large : {false, true}) {
    Ask({"FLUSHALL"});
    if (large) {
      Apply(Succeeded({0, kLast}));
      Apply(Failed({kLast + 1}, "a"));
    } else {
      Apply(Succeeded({0, 0}));
      Apply(Failed({1}, "a"));
    }
    Ask({"CONFIG", "RESETSTAT"});
    // A hundred items far apart, and one run of neighbours.
    PlacedOutcome spread = Outcome(1);
    for (std::uint32_t i = 0; i < 100; ++i) {
      const std::uint32_t index = i * (kLast / 100);
      spread.record.succeeded.push_back({index, index});
    }
    spread.record.skipped.push_back({kLast / 2 + 1, kLast / 2 + 30});
    Apply(spread);
    calls.push_back(CommandCalls());
  }
  EXPECT_EQ(calls[0]["getrange"], 100);
  EXPECT_EQ(calls[0]["setrange"], 100);
  calls[0].erase("config|resetstat");
  calls[1].erase("config|resetstat");
  EXPECT_EQ(calls[0], calls[1]);
}

TEST_P(Accounting, RunOfAMillionItemsIsOneRecord) {
  Apply(Fact(BatchFactKind::kSealed, 1'000'000));
  Apply(Succeeded({999'990, 999'999}));
  Apply(Succeeded({0, 999'999}));
  EXPECT_EQ(Field("status"), "succeeded");
  EXPECT_EQ(Field("succeeded"), "1000000");
  EXPECT_EQ(Ask({"STRLEN", Keys().states}).integer, 1'000'000);
  EXPECT_LT(Ask({"MEMORY", "USAGE", Keys().states}).integer, 2'100'000);
}

TEST_P(Accounting, EndedBatchExpiresAndARunningOneDoesNot) {
  settings_.batch_ttl = std::chrono::hours(2);
  Reopen();
  Apply(Failed({0}, "a"));
  EXPECT_EQ(Ask({"TTL", Keys().batch}).integer, -1);
  Apply(Fact(BatchFactKind::kSealed, 1));
  for (const std::string& key : {Keys().batch, Keys().states, Keys().errors, Keys().error_codes,
                                 Keys().error_index, Keys().error_names}) {
    const std::int64_t ttl = Ask({"TTL", key}).integer;
    EXPECT_GT(ttl, 7'100) << key;
    EXPECT_LE(ttl, 7'200) << key;
  }
}

TEST_P(Accounting, UpstreamBatchIsOpenListedAndExpires) {
  PlacedOutcome outcome = Succeeded({10, 19});
  outcome.record.upstream = true;
  Apply(outcome);
  Apply(outcome);
  EXPECT_EQ(Field("status"), "open");
  EXPECT_EQ(Field("item_count"), "10");
  EXPECT_EQ(Field("upstream"), "1");
  EXPECT_GT(Ask({"TTL", Keys().batch}).integer, 0);
  EXPECT_EQ(Ask({"ZRANGE", "hr:{p}:upstream", "0", "-1"}).items.at(0).text, batch_.ToString());
  EXPECT_EQ(Ask({"EXISTS", "hr:{p}:batches"}).integer, 0);
}

TEST_P(Accounting, OpenedBatchIsListedByItsTime) {
  Apply(Fact(BatchFactKind::kOpened, 3));
  Apply(Fact(BatchFactKind::kOpened, 3));
  EXPECT_EQ(Ask({"ZSCORE", "hr:{p}:batches", batch_.ToString()}).text, "1800000000000");
  EXPECT_EQ(Field("item_count"), "3");
}

TEST_P(Accounting, PrefixIsPartOfEveryKey) {
  settings_.prefix = "team-a:";
  Reopen();
  Apply(Fact(BatchFactKind::kOpened, 1));
  PlacedOutcome outcome = Failed({0}, "a");
  outcome.record.upstream = true;
  Apply(outcome);
  ASSERT_TRUE(*store_->AdvanceMark({"t", 0, 1}, std::nullopt));
  for (const Reply& key : Ask({"KEYS", "*"}).items) {
    EXPECT_TRUE(key.text.starts_with("team-a:")) << key.text;
  }
}

TEST_P(Accounting, ScriptsComeBackAfterTheServerForgotThem) {
  Apply(Succeeded({0, 4}));
  Ask({"SCRIPT", "FLUSH"});
  const std::vector<PlacedOutcome> both{Succeeded({5, 9}), Succeeded({10, 14})};
  ASSERT_TRUE(store_->ApplyOutcomes(both).ok());
  EXPECT_EQ(Field("succeeded"), "15");
}

TEST_P(Accounting, MarkMovesOnlyFromWhereItStands) {
  EXPECT_FALSE(store_->ReadMark("t", 1)->has_value());
  EXPECT_FALSE(*store_->AdvanceMark({"t", 1, 10}, 5));
  EXPECT_TRUE(*store_->AdvanceMark({"t", 1, 10}, std::nullopt));
  EXPECT_FALSE(*store_->AdvanceMark({"t", 1, 12}, std::nullopt));
  EXPECT_TRUE(*store_->AdvanceMark({"t", 1, 10}, 10));
  EXPECT_TRUE(*store_->AdvanceMark({"t", 1, 12}, 10));
  EXPECT_EQ(*store_->ReadMark("t", 1), 12);
  EXPECT_EQ(Hash("hr:meta")["mark:t:1"], "12");
  EXPECT_EQ(Hash("hr:meta")["schema"], "1");
}

TEST_P(Accounting, NoteOfARebuildEndsWithTheMark) {
  ASSERT_TRUE(store_->SetRebuilding("t", 1, 20).ok());
  EXPECT_TRUE(*store_->AdvanceMark({"t", 1, 19}, std::nullopt));
  EXPECT_EQ(Hash("hr:meta")["rebuilding:t:1"], "20");
  EXPECT_TRUE(*store_->AdvanceMark({"t", 1, 20}, 19));
  EXPECT_FALSE(Hash("hr:meta").contains("rebuilding:t:1"));
}

TEST_P(Accounting, DataOfAnotherSchemaIsNotTouched) {
  Ask({"HSET", "hr:meta", "schema", "99"});
  const auto moved = store_->AdvanceMark({"t", 1, 20}, std::nullopt);
  ASSERT_FALSE(moved.ok());
  EXPECT_NE(moved.error().message.find("schema 99"), std::string::npos);
  EXPECT_FALSE(Hash("hr:meta").contains("mark:t:1"));
}

TEST_P(Accounting, StatesAreReadOverARange) {
  Apply(Succeeded({2, 2}));
  Apply(Failed({3}, "a", 1));
  EXPECT_EQ(*store_->ReadStates(batch_, {1, 5}), (std::vector<std::uint8_t>{0, 1, 10, 0, 0}));
}

TEST_P(Accounting, FullServerLosesNothing) {
  Apply(Succeeded({0, 0}));
  Ask({"CONFIG", "SET", "maxmemory", "1"});
  const PlacedOutcome outcome = Succeeded({1, 1});
  const Status full = store_->ApplyOutcomes({&outcome, 1});
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, ErrorCode::kTransient) << full.error().message;
  Ask({"CONFIG", "SET", "maxmemory", "0"});
  Apply(outcome);
  EXPECT_EQ(Field("succeeded"), "2");
}

HEADRACE_ON_EVERY_SERVER(Accounting);

}  // namespace
}  // namespace headrace::redis
