#include "producer/cli/batch_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace headrace::cli {
namespace {

using nlohmann::json;

redis::BatchSummary Sample() {
  redis::BatchSummary batch;
  batch.id = "6f1f5c3e-8f0e-4d57-9a3c-b5d000000000";
  batch.project = "default";
  batch.status = "processing";
  batch.item_count = 4'498;
  batch.queued = 1'000;
  batch.processing = 498;
  batch.succeeded = 2'999;
  batch.failed = 1;
  batch.rejected = 2;
  batch.created_at = "2026-01-01T00:00:00Z";
  batch.metadata = R"({"source":"locomo"})";
  batch.sealed = true;
  return batch;
}

TEST(BatchText, TableLeavesOutColumnsThatAreZeroEverywhere) {
  redis::BatchSummary batch = Sample();
  batch.rejected = 0;
  EXPECT_EQ(BatchTable({batch}),
            "BATCH                                 STATUS      ITEMS  DONE  QUEUED  PROCESSING  "
            "SUCCEEDED  FAILED  CREATED\n"
            "6f1f5c3e-8f0e-4d57-9a3c-b5d000000000  processing  4,498   66%   1,000         498  "
            "    2,999       1  2026-01-01T00:00:00Z\n");
  batch.skipped = 1;
  EXPECT_NE(BatchTable({batch}).find("SKIPPED"), std::string::npos);
  EXPECT_EQ(BatchTable({}), "no batches\n");
}

TEST(BatchText, DetailsShowEveryCounterWithItsShare) {
  EXPECT_EQ(BatchDetails(Sample()),
            "batch       6f1f5c3e-8f0e-4d57-9a3c-b5d000000000\n"
            "project     default\n"
            "status      processing\n"
            "finished    3,000 of 4,498 items, 66%\n"
            "created     2026-01-01T00:00:00Z\n"
            "metadata    {\"source\":\"locomo\"}\n"
            "rejected    2 input lines, not part of the batch\n"
            "\n"
            "queued      1,000  22%\n"
            "processing    498  11%\n"
            "succeeded   2,999  66%\n"
            "failed          1  <1%\n"
            "skipped         0   0%\n"
            "canceled        0   0%\n");
}

TEST(BatchText, ShowsNoPercentageWhileTheTotalIsUnknown) {
  redis::BatchSummary batch = Sample();
  batch.sealed = false;
  EXPECT_EQ(BatchTable({batch}).find('%'), std::string::npos);
  const std::string details = BatchDetails(batch);
  EXPECT_EQ(details.find('%'), std::string::npos) << details;
  EXPECT_NE(details.find("finished    3,000 of 4,498 items so far\n"), std::string::npos);
  batch.declared = true;
  EXPECT_NE(BatchTable({batch}).find("66%"), std::string::npos);
  EXPECT_NE(BatchDetails(batch).find("3,000 of 4,498 items, 66%\n"), std::string::npos);
}

TEST(BatchText, JsonHasStableKeysAndPlainNumbers) {
  const json batch = json::parse(BatchJson(Sample()));
  EXPECT_EQ(batch["batch_id"], "6f1f5c3e-8f0e-4d57-9a3c-b5d000000000");
  EXPECT_EQ(batch["item_count"], 4'498);
  EXPECT_EQ(batch["metadata"]["source"], "locomo");
  EXPECT_TRUE(batch["completed_at"].is_null());
  EXPECT_EQ(json::parse(BatchListJson({Sample(), Sample()}))["batches"].size(), 2u);
  EXPECT_EQ(BatchListJson({}), "{\"batches\":[]}\n");
}

TEST(BatchText, ErrorsAreGroupedByCodeMostFrequentFirst) {
  redis::BatchErrors errors;
  errors.count_by_code = {{"rehearsed_failure", 1}, {"thread_conflict", 1'200}};
  const std::string id = Sample().id;
  errors.items = {{id, 7, {"thread_conflict", "thread belongs to another user", 1}},
                  {id, 90, {"rehearsed_failure", "fail-on matched", 3}}};
  EXPECT_EQ(ErrorsText(id, errors),
            "ITEMS  CODE\n"
            "1,200  thread_conflict\n"
            "    1  rehearsed_failure\n"
            "\n"
            "INDEX  ATTEMPTS  CODE               MESSAGE\n"
            "    7         1  thread_conflict    thread belongs to another user\n"
            "   90         3  rehearsed_failure  fail-on matched\n"
            "... 1,199 more\n");
  EXPECT_EQ(ErrorsText(id, {}), "no errors\n");
}

TEST(BatchText, ErrorsOfUpstreamNameTheImplicitBatch) {
  redis::BatchErrors errors;
  errors.count_by_code = {{"key_mismatch", 2}};
  errors.items = {{"0a0a0a0a-8f0e-8d57-9a3c-b5d000000000", 7, {"key_mismatch", "m", 1}},
                  {"0b0b0b0b-8f0e-8d57-9a3c-b5d000000000", 3, {"key_mismatch", "m", 1}}};
  EXPECT_EQ(ErrorsText("upstream", errors),
            "ITEMS  CODE\n"
            "    2  key_mismatch\n"
            "\n"
            "BATCH                                 INDEX  ATTEMPTS  CODE          MESSAGE\n"
            "0a0a0a0a-8f0e-8d57-9a3c-b5d000000000      7         1  key_mismatch  m\n"
            "0b0b0b0b-8f0e-8d57-9a3c-b5d000000000      3         1  key_mismatch  m\n");
  const json parsed = json::parse(ErrorsJson("upstream", errors));
  EXPECT_EQ(parsed["batch_id"], "upstream");
  EXPECT_EQ(parsed["count_by_code"]["key_mismatch"], 2);
  EXPECT_EQ(parsed["items"][1]["batch_id"], errors.items[1].batch_id);
  EXPECT_EQ(parsed["items"][1]["index"], 3);
  EXPECT_EQ(parsed["items"][1]["attempts"], 1);
}

}  // namespace
}  // namespace headrace::cli
