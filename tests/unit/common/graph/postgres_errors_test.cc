#include "common/graph/postgres_errors.h"

#include <gtest/gtest.h>

namespace headrace::graph {
namespace {

using Class = StoreErrorClass;

TEST(PostgresErrors, GoByTheState) {
  struct Case {
    const char* state;
    Class error_class;
  };
  const Case cases[] = {
      {"", Class::kTransient},      {"08006", Class::kTransient}, {"40001", Class::kTransient},
      {"40P01", Class::kTransient}, {"55P03", Class::kTransient}, {"57014", Class::kTransient},
      {"57P01", Class::kTransient}, {"57P03", Class::kTransient}, {"25006", Class::kTransient},
      {"58030", Class::kTransient}, {"XX000", Class::kTransient}, {"23505", Class::kTransient},
      {"53100", Class::kThrottled}, {"53200", Class::kThrottled}, {"53300", Class::kThrottled},
      {"22021", Class::kItem},      {"22P05", Class::kItem},      {"22008", Class::kItem},
      {"23514", Class::kItem},      {"54000", Class::kItem},      {"28P01", Class::kFatal},
      {"28000", Class::kFatal},     {"3D000", Class::kFatal},     {"3F000", Class::kFatal},
      {"42P01", Class::kFatal},     {"42501", Class::kFatal},     {"0A000", Class::kFatal},
      {"HR001", Class::kFenced},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.state);
    const StoreError error = ChunkErrorOf({one.state, "what the server said"});
    EXPECT_EQ(error.error_class, one.error_class);
    EXPECT_FALSE(error.code.empty());
    EXPECT_EQ(error.retry_after.has_value(), one.error_class == Class::kThrottled);
    EXPECT_EQ(IsItemError({one.state, ""}), one.error_class == Class::kItem);
  }
}

TEST(PostgresErrors, AnswerCallersThatWaitAndCallersThatCannot) {
  EXPECT_EQ(CallErrorOf({"28P01", ""}).code, ErrorCode::kInvalid);
  EXPECT_EQ(CallErrorOf({"3D000", ""}).code, ErrorCode::kPermanent);
  const Error unusable = CallErrorOf({std::string(kUnusableState), "no password"});
  EXPECT_EQ(unusable.code, ErrorCode::kInvalid);
  EXPECT_EQ(unusable.message.find("SQLSTATE"), std::string::npos) << unusable.message;
  EXPECT_EQ(CallErrorOf({"53300", ""}).code, ErrorCode::kTransient);
  EXPECT_EQ(CallErrorOf({"", ""}).code, ErrorCode::kTransient);
}

TEST(PostgresErrors, SayWhatToDoAboutAServerThatCannotBeReached) {
  EXPECT_EQ(CallErrorOf({"", "no route"}).message,
            "PostgreSQL: no route; is it running, and does it take writes? Set store / "
            "HEADRACE_STORE / --store");
  EXPECT_NE(CallErrorOf({"28P01", "no"}).message.find("password in store / HEADRACE_STORE"),
            std::string::npos);
}

TEST(PostgresErrors, GiveUpASessionThatCannotWrite) {
  EXPECT_TRUE(NeedsNewConnection({"25006", ""}));
  EXPECT_TRUE(NeedsNewConnection({"57P01", ""}));
  EXPECT_TRUE(NeedsNewConnection({"", ""}));
  EXPECT_FALSE(NeedsNewConnection({"57014", ""}));
  EXPECT_FALSE(NeedsNewConnection({"22P02", ""}));
}

}  // namespace
}  // namespace headrace::graph
