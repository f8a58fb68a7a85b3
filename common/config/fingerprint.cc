#include "common/config/fingerprint.h"

#include "common/base/hex.h"
#include "common/base/sha256.h"
#include "common/config/field_table.h"

namespace headrace::config {

std::string Fingerprint(const Settings& settings, Binary binary) {
  Sha256 hash;
  for (const Field& field : FieldTable()) {
    if (!IsUsedBy(field, binary)) continue;
    std::map<std::string, std::string> entries;
    if (field.is_table()) entries = ShownEntries(field, settings);
    if (!field.is_table()) entries[""] = Shown(field, settings);
    for (const auto& [key, value] : entries) {
      hash.Update(field.name + "." + key + "=" + value + "\n");
    }
  }
  return HexOf(hash.Finish()).substr(0, 12);
}

}  // namespace headrace::config
