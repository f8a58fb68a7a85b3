// What the projector says of a store that forgot what it was told.
#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "tests/unit/common/accounting/projection_fixture.h"

namespace headrace::accounting {
namespace {

class ProjectionLogTest : public ProjectionTest {
 protected:
  ProjectionLogTest() {
    AddFact(BatchFactKind::kOpened, batch_, 10);
    AddOutcome(batch_, {0, 1}, 0);
    AddOutcome(batch_, {2, 3}, 0);
    AddOutcome(batch_, {4, 5}, 1);
  }

  // The lines about what is read again.
  std::vector<std::string> Said(const std::function<void()>& happening) {
    testing::internal::CaptureStderr();
    happening();
    std::istringstream text(testing::internal::GetCapturedStderr());
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) {
      const auto event = line.find("projector_re");
      if (event != std::string::npos) lines.push_back(line.substr(event));
    }
    return lines;
  }

  const std::vector<std::string> emptied_ = {
      "projector_rewinds topic=journal partitions=1 from_start=1 records_max=1 "
      "reason=\"the outcome store lost what it had been told\"",
      "projector_rewinds topic=outcomes partitions=2 from_start=2 records_max=3 "
      "reason=\"the outcome store lost what it had been told\""};
};

TEST_F(ProjectionLogTest, TellsOfAnEmptiedStoreInOneLineATopic) {
  auto projection = Join();
  Run(*projection);
  store_.Load({});
  EXPECT_EQ(Said([&] { RunLater(*projection); }), emptied_);
  EXPECT_EQ(Said([&] { RunLater(*projection); }), std::vector<std::string>());
}

TEST_F(ProjectionLogTest, ComparesAllMarksWhenARecordShowsThatOneIsLost) {
  auto projection = Join();
  Run(*projection);
  store_.Load({});
  AddOutcome(batch_, {6, 7}, 1);
  EXPECT_EQ(Said([&] { Run(*projection, 8); }), emptied_) << "the clock did not move";
  EXPECT_EQ(Succeeded(batch_), 8U);
}

TEST_F(ProjectionLogTest, TellsHowMuchOfATailWasLost) {
  auto projection = Join();
  Run(*projection);
  const auto earlier = store_.Save();
  AddOutcome(batch_, {6, 7}, 1);
  AddOutcome(batch_, {8, 9}, 1);
  Run(*projection);
  store_.Load(earlier);
  EXPECT_EQ(Said([&] { RunLater(*projection); }),
            (std::vector<std::string>{
                "projector_rewinds topic=outcomes partitions=1 from_start=0 records_max=2 "
                "reason=\"the outcome store lost what it had been told\""}));
}

// Some partitions are in doubt because a call failed, the others are found by comparing.
TEST_F(ProjectionLogTest, TellsOfAStoreThatCameBackEmptyInOneLineATopic) {
  auto projection = Join();
  Run(*projection);
  store_.SetReachable(false);
  AddOutcome(batch_, {6, 7}, 1);
  Run(*projection);
  store_.Load({});
  store_.SetReachable(true);
  EXPECT_EQ(Said([&] { RunLater(*projection); }), emptied_);
}

TEST_F(ProjectionLogTest, AFirstStartRebuildsAndLosesNothing) {
  std::unique_ptr<Projection> projection;
  EXPECT_EQ(
      Said([&] { Run(*(projection = Join())); }),
      (std::vector<std::string>{"projector_rebuilds topic=journal partitions=1 records_max=1",
                                "projector_rebuilds topic=outcomes partitions=2 records_max=3"}));
}

}  // namespace
}  // namespace headrace::accounting
