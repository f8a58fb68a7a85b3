#include "worker/graph_keys.h"

#include <gtest/gtest.h>

#include <vector>

namespace headrace::worker {
namespace {

SharedGraphKey Named(GraphKeys& keys, const std::string& text) {
  const auto key = keys.Named(text);
  EXPECT_TRUE(key.ok()) << text;
  return *key;
}

TEST(GraphKeys, GiveTheSameKeyForTheSameGraph) {
  GraphKeys keys;
  const SharedGraphKey first = Named(keys, "default/g/a");
  EXPECT_EQ(&*Named(keys, "default/g/a"), &*first);
  EXPECT_EQ(*first, (GraphKey{"default", GraphKind::kGraph, "a"}));
  EXPECT_EQ(keys.size(), 1u);
}

TEST(GraphKeys, TellGraphsApart) {
  GraphKeys keys;
  std::vector<SharedGraphKey> held;
  for (const char* text : {"p/g/a", "p/u/a", "p2/g/a", "p/g/b", "p/g/a/g/a", "p/g/g/a"}) {
    held.push_back(Named(keys, text));
    EXPECT_EQ(held.back()->ToString(), text);
    EXPECT_EQ(keys.size(), held.size());
  }
}

TEST(GraphKeys, RefuseWhatIsNoKey) {
  GraphKeys keys;
  const auto refused = keys.Named("no slash");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, GraphKey::Parse("no slash").error().message);
  EXPECT_EQ(keys.size(), 0u);
}

TEST(GraphKeys, ForgetWhatNobodyHasAndNothingElse) {
  GraphKeys keys;
  const SharedGraphKey held = Named(keys, "default/g/held");
  for (int i = 0; i < 100'000; ++i) Named(keys, "default/g/" + std::to_string(i));
  EXPECT_LE(keys.size(), 17'000u);
  EXPECT_EQ(&*Named(keys, "default/g/held"), &*held);
}

}  // namespace
}  // namespace headrace::worker
