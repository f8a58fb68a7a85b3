// Items that a load took out of an archive, through the loop.
#include <gtest/gtest.h>

#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

TEST(ArchivedItems, ADeadLetterNamesTheEpisodeThatItIsToBeTriedAgainAs) {
  WorkerWorld world(1);
  const BatchFact opened{.kind = BatchFactKind::kOpened,
                         .batch = BatchId::Random(),
                         .project = "default",
                         .at = world.clock.WallNow(),
                         .archived = true};
  world.log.Append(kJournal, 0, BatchFactKey(opened), EncodeBatchFact(opened));
  const ItemIdHeader sent{.ref = {opened.batch, 5, 0}, .episode = Uuid::Random()};
  world.log.Append(kItems, 0, "default/g/a", WorkerWorld::Episode("a", "bad"),
                   {{std::string(kItemIdHeader), EncodeItemIdHeader(sent)}});
  world.AddItem(world.OpenBatch(), 1, "a", "bad");
  world.store.FailItemsWith("bad");
  ASSERT_TRUE(world.Run(30).ok());

  const auto letters = world.log.Records(kLetters);
  ASSERT_EQ(letters.size(), 2u);
  const auto id_of = [&](std::size_t at) {
    const std::map<std::string, std::string> headers(letters[at].headers.begin(),
                                                     letters[at].headers.end());
    return *ParseItemIdHeader(headers.at(std::string(kItemIdHeader)));
  };
  EXPECT_EQ(id_of(0).ref, sent.ref);
  EXPECT_EQ(id_of(0).episode, sent.episode);
  EXPECT_FALSE(id_of(1).episode);
  EXPECT_FALSE(world.Outcomes().front().upstream);
}

}  // namespace
}  // namespace headrace::worker
