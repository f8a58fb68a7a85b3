#include "common/graph/make_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/log.h"
#include "common/base/units.h"
#include "common/graph/ndjson_store.h"
#include "common/graph/ndjson_url.h"
#include "common/graph/null_store.h"
#include "common/graph/postgres_schema.h"
#include "common/graph/postgres_store.h"
#include "common/graph/postgres_url.h"
#include "common/graph/rehearsal_store.h"
#include "common/graph/sqlite_schema.h"
#include "common/graph/sqlite_store.h"
#include "common/graph/store_url.h"

namespace headrace::graph {
namespace {

using Opened = Result<std::unique_ptr<GraphStore>>;
using Migrated = Result<MigrationReport>;

Opened OpenSqlite(const StoreUrl& url, const OpenOptions&) {
  SqliteSettings settings;
  settings.path = url.location;
  auto store = SqliteStore::Open(settings);
  if (!store.ok()) return std::move(store).error();
  return std::unique_ptr<GraphStore>(std::move(*std::move(store)));
}

Opened OpenPostgres(const StoreUrl& url, const OpenOptions& options) {
  auto settings = PostgresSettingsOf(url);
  if (!settings.ok()) return std::move(settings).error();
  settings->auto_migrate = options.auto_migrate;
  auto store = PostgresStore::Open(*settings, options.leaving);
  if (!store.ok()) return std::move(store).error().Prefix("store");
  return std::unique_ptr<GraphStore>(std::move(*std::move(store)));
}

Opened OpenNdjson(const StoreUrl& url, const OpenOptions&) {
  auto settings = NdjsonSettingsOf(url);
  if (!settings.ok()) return std::move(settings).error();
  auto store = NdjsonStore::Open(*std::move(settings));
  if (!store.ok()) return std::move(store).error();
  return std::unique_ptr<GraphStore>(std::move(*std::move(store)));
}

Opened OpenNull(const StoreUrl&, const OpenOptions&) {
  return std::unique_ptr<GraphStore>(new NullStore);
}

// Opening the file does it.
Migrated MigrateSqlite(const StoreUrl& url, bool dry_run) {
  SqliteSettings settings;
  settings.path = url.location;
  return MigrateSqliteFile(settings, dry_run);
}

Migrated MigratePostgresAt(const StoreUrl& url, bool dry_run) {
  auto settings = PostgresSettingsOf(url);
  if (!settings.ok()) return std::move(settings).error();
  PostgresConnection connection(*settings);
  auto report = MigratePostgres(connection, dry_run);
  if (!report.ok()) return std::move(report).error().Prefix("store");
  return report;
}

Migrated MigrateNothing(const StoreUrl&, bool) { return MigrationReport(); }

Status CheckPostgresUrl(const StoreUrl& url) {
  auto settings = PostgresSettingsOf(url);
  if (!settings.ok()) return std::move(settings).error();
  return {};
}

Status CheckNdjsonUrl(const StoreUrl& url) {
  auto settings = NdjsonSettingsOf(url);
  if (!settings.ok()) return std::move(settings).error();
  return {};
}

// Every kind of store there is. A new one is a line here.
struct Scheme {
  std::string_view name;
  std::string_view form;
  bool needs_location;
  Status (*check)(const StoreUrl& url);  // its parameters
  Opened (*open)(const StoreUrl& url, const OpenOptions& options);
  Migrated (*migrate)(const StoreUrl& url, bool dry_run);
};
constexpr std::array kSchemes{
    Scheme{"sqlite", "sqlite:PATH", true, &RefuseParameters, &OpenSqlite, &MigrateSqlite},
    Scheme{"postgresql", "postgresql://[USER[:PASSWORD]@][HOST[:PORT],...][/DATABASE]", true,
           &CheckPostgresUrl, &OpenPostgres, &MigratePostgresAt},
    Scheme{"ndjson", "ndjson:DIR", true, &CheckNdjsonUrl, &OpenNdjson, &MigrateNothing},
    Scheme{"null", "null:", false, &RefuseParameters, &OpenNull, &MigrateNothing},
};

std::string KnownForms() {
  std::string forms;
  for (const Scheme& scheme : kSchemes) {
    if (!forms.empty()) forms += ", ";
    forms += scheme.form;
  }
  return forms;
}

Result<const Scheme*> SchemeOf(const StoreUrl& url) {
  const auto found = std::find_if(kSchemes.begin(), kSchemes.end(),
                                  [&](const Scheme& scheme) { return scheme.name == url.scheme; });
  if (found == kSchemes.end()) {
    return Invalid("there is no store \"" + url.scheme + "\"; there are " + KnownForms());
  }
  if (found->needs_location == url.location.empty()) {
    return Invalid("a store URL of this kind looks like " + std::string(found->form));
  }
  return &*found;
}

struct Named {
  StoreUrl url;
  const Scheme* scheme;
};

// The URL taken apart and judged by its text.
Result<Named> NamedBy(std::string_view text) {
  auto url = ParseStoreUrl(text);
  if (!url.ok()) return std::move(url).error();
  auto scheme = SchemeOf(*url);
  if (!scheme.ok()) return std::move(scheme).error();
  if (Status checked = (*scheme)->check(*url); !checked.ok()) return std::move(checked).error();
  return Named{*std::move(url), *scheme};
}

// What repeating cannot change must be set right first, as a wrong URL must.
Error AtOpening(Error error) {
  if (error.code == ErrorCode::kPermanent) error.code = ErrorCode::kInvalid;
  return error;
}

Opened Rehearsing(std::unique_ptr<GraphStore> store, const RehearsalSettings& settings) {
  std::optional<RateBudget> budget;
  if (settings.rate > 0) {
    auto opened = RateBudget::Open(settings.rate, settings.rate_file);
    if (!opened.ok()) return std::move(opened).error();
    budget = std::move(*opened);
  }
  log::Warn("store_failures_rehearsed", {{"delay", FormatDuration(settings.delay)},
                                         {"fail_on", !settings.fail_on.empty()},
                                         {"crash_on", !settings.crash_on.empty()},
                                         {"rate", settings.rate}});
  return std::unique_ptr<GraphStore>(
      new RehearsalStore(std::move(store), settings, std::move(budget)));
}

}  // namespace

Status CheckStoreUrl(std::string_view url) {
  auto named = NamedBy(url);
  if (!named.ok()) return std::move(named).error();
  return {};
}

Result<std::unique_ptr<GraphStore>> OpenGraphStore(std::string_view url,
                                                   const OpenOptions& options) {
  auto named = NamedBy(url);
  if (!named.ok()) return std::move(named).error();
  Opened store = named->scheme->open(named->url, options);
  if (!store.ok()) return AtOpening(std::move(store).error());
  if (!named->url.rehearsal.any()) return store;
  return Rehearsing(std::move(*std::move(store)), named->url.rehearsal);
}

Result<MigrationReport> MigrateStore(std::string_view url, bool dry_run) {
  auto named = NamedBy(url);
  if (!named.ok()) return std::move(named).error();
  Migrated report = named->scheme->migrate(named->url, dry_run);
  if (!report.ok()) return AtOpening(std::move(report).error());
  return report;
}

}  // namespace headrace::graph
