#include "common/graph/make_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/log.h"
#include "common/base/units.h"
#include "common/graph/null_store.h"
#include "common/graph/rehearsal_store.h"
#include "common/graph/sqlite_store.h"
#include "common/graph/store_url.h"

namespace headrace::graph {
namespace {

using Opened = Result<std::unique_ptr<GraphStore>>;

Opened OpenSqlite(const StoreUrl& url) {
  SqliteSettings settings;
  settings.path = url.location;
  auto store = SqliteStore::Open(settings);
  if (!store.ok()) return std::move(store).error();
  return std::unique_ptr<GraphStore>(std::move(*std::move(store)));
}

Opened OpenNull(const StoreUrl&) { return std::unique_ptr<GraphStore>(new NullStore); }

// Every kind of store there is. A new one is a line here.
struct Scheme {
  std::string_view name;
  std::string_view form;
  bool needs_location;
  Opened (*open)(const StoreUrl& url);
};
constexpr std::array kSchemes{
    Scheme{"sqlite", "sqlite:PATH", true, &OpenSqlite},
    Scheme{"null", "null:", false, &OpenNull},
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
  auto parsed = ParseStoreUrl(url);
  if (!parsed.ok()) return std::move(parsed).error();
  auto scheme = SchemeOf(*parsed);
  if (!scheme.ok()) return std::move(scheme).error();
  return {};
}

Result<std::unique_ptr<GraphStore>> OpenGraphStore(std::string_view url) {
  auto parsed = ParseStoreUrl(url);
  if (!parsed.ok()) return std::move(parsed).error();
  auto scheme = SchemeOf(*parsed);
  if (!scheme.ok()) return std::move(scheme).error();
  Opened store = (*scheme)->open(*parsed);
  if (!store.ok() || !parsed->rehearsal.any()) return store;
  return Rehearsing(std::move(*std::move(store)), parsed->rehearsal);
}

}  // namespace headrace::graph
