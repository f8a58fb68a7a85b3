// The suite on PostgreSQL: each test has a schema of its own in the server that ctest started.
#include <cstdlib>
#include <utility>

#include "common/graph/make_store.h"
#include "common/graph/postgres_connection.h"
#include "common/model/ids.h"
#include "tests/conformance/graph_store_suite.h"

namespace headrace::testing {
namespace {

std::string Database() {
  const char* const address = std::getenv("HEADRACE_TEST_POSTGRES");
  EXPECT_NE(address, nullptr) << "run it through ctest, which starts PostgreSQL";
  return "postgresql://headrace@" + std::string(address == nullptr ? "" : address) + "/headrace";
}

class SchemaPlace final : public StorePlace {
 public:
  explicit SchemaPlace(std::string query) : query_(std::move(query)) {}
  ~SchemaPlace() override {
    graph::PostgresSettings settings;
    settings.conninfo = Database();
    settings.schema = schema_;
    graph::PostgresConnection(settings).Run("DROP SCHEMA IF EXISTS {schema} CASCADE");
  }
  Result<std::unique_ptr<GraphStore>> Open() override {
    return graph::OpenGraphStore(Database() + "?schema=" + schema_ + query_,
                                 {.auto_migrate = true});
  }

 private:
  const std::string schema_ = "suite-" + Uuid::Random().ToString();
  const std::string query_;
};

StoreKind PostgresKind(std::string name, std::string query) {
  return {std::move(name),
          [query = std::move(query)] { return std::make_unique<SchemaPlace>(query); }};
}

const std::vector<StoreKind> kKinds = {
    PostgresKind("Postgres", ""),
    PostgresKind("PostgresOneConnection", "&connections=1"),
    PostgresKind("DelayedPostgres", "&delay=1ms"),
};

std::string NameOf(const ::testing::TestParamInfo<StoreKind>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Postgres, GraphStoreConformance, ::testing::ValuesIn(kKinds), NameOf);
INSTANTIATE_TEST_SUITE_P(Postgres, KeepingStoreConformance, ::testing::ValuesIn(kKinds), NameOf);

}  // namespace
}  // namespace headrace::testing
