#include "common/graph/source_claims.h"

#include <gtest/gtest.h>

namespace headrace::graph {
namespace {

Chunk Under(ClaimId claim) {
  Chunk chunk;
  chunk.items.resize(2);
  for (WriteItem& item : chunk.items) item.claim = claim;
  return chunk;
}

TEST(SourceClaims, HaveNoTokenUntilOneIsDrawn) {
  SourceClaims claims;
  const ClaimId claim = claims.Add("items/0");
  EXPECT_EQ(claims.TokensOf(Under(claim))->at(0).token, 0);
  ASSERT_EQ(claims.Tokenless().size(), 1u);
  claims.SetToken(claims.Tokenless()[0], 7);
  EXPECT_TRUE(claims.Tokenless().empty());
  const auto held = claims.TokensOf(Under(claim));
  ASSERT_EQ(held->size(), 1u);
  EXPECT_EQ(held->at(0).source, "items/0");
  EXPECT_EQ(held->at(0).token, 7);
}

TEST(SourceClaims, AreVoidOnceTheirSourceIsClaimedAgain) {
  SourceClaims claims;
  const ClaimId first = claims.Add("items/0");
  claims.Add("items/0");
  EXPECT_FALSE(claims.TokensOf(Under(first)));
  EXPECT_TRUE(claims.TokensOf(Under(kNoClaim))->empty());
}

// Drawn before the claim, it may be older than another process's.
TEST(SourceClaims, GetNoTokenThatWasDrawnForTheFormerOne) {
  SourceClaims claims;
  claims.Add("items/0");
  const auto drawing = claims.Tokenless();
  const ClaimId second = claims.Add("items/0");
  claims.SetToken(drawing[0], 7);
  EXPECT_EQ(claims.TokensOf(Under(second))->at(0).token, 0);
  ASSERT_EQ(claims.Tokenless().size(), 1u);
  claims.SetToken(claims.Tokenless()[0], 9);
  EXPECT_EQ(claims.TokensOf(Under(second))->at(0).token, 9);
}

}  // namespace
}  // namespace headrace::graph
