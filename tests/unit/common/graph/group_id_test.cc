#include "common/graph/group_id.h"

#include <gtest/gtest.h>

namespace headrace::graph {
namespace {

GraphKey Key(GraphKind kind, std::string id) { return {"default", kind, std::move(id)}; }

TEST(GroupId, IsTheIdWhereThatIsALegalName) {
  EXPECT_EQ(PreferredGroupId(Key(GraphKind::kUser, "ann_7-B")), "ann_7-B");
  EXPECT_EQ(PreferredGroupId(Key(GraphKind::kGraph, "kb")), "kb");
}

TEST(GroupId, EscapesWhatIsNoLegalNameOrTakesOurPrefix) {
  EXPECT_EQ(PreferredGroupId(Key(GraphKind::kUser, "a@b")), "hr-u-614062");
  EXPECT_EQ(PreferredGroupId(Key(GraphKind::kGraph, "a b")), "hr-g-612062");
  EXPECT_EQ(PreferredGroupId(Key(GraphKind::kGraph, "hr-u-614062")), "hr-g-68722d752d363134303632");
  EXPECT_EQ(PreferredGroupId(Key(GraphKind::kGraph, "_")), "hr-g-5f");
}

TEST(GroupId, TellsKindsApart) {
  EXPECT_NE(EscapedGroupId(Key(GraphKind::kUser, "x")),
            EscapedGroupId(Key(GraphKind::kGraph, "x")));
}

TEST(GroupId, DigestsLongIds) {
  const std::string accents(300, '\xe9');
  const std::string name = EscapedGroupId(Key(GraphKind::kUser, accents));
  EXPECT_EQ(name.size(), std::string("hr-uh-").size() + 40);
  EXPECT_NE(name, EscapedGroupId(Key(GraphKind::kUser, accents + "x")));
}

}  // namespace
}  // namespace headrace::graph
