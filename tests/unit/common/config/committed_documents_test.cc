// The table of settings against everything in the repository that spells a setting's name.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "common/config/field_table.h"
#include "common/config/settings_reader.h"
#include "common/config/settings_reference.h"
#include "common/config/text_file.h"
#include "common/config/toml_source.h"

namespace headrace::config {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = HEADRACE_SOURCE_DIR;

std::string Committed(const fs::path& path) {
  const Result<std::string> text = ReadTextFile(kSource / path);
  EXPECT_TRUE(text.ok()) << path << ": " << (text.ok() ? "" : text.error().message);
  return text.ok() ? *text : "";
}

TEST(CommittedDocuments, ReferenceIsMadeFromTheTable) {
  EXPECT_EQ(Committed("docs/settings.md"), ReferenceMarkdown())
      << "make it again: build/dev/producer/headrace config reference > docs/settings.md";
}

TEST(CommittedDocuments, ExampleIsMadeFromTheTable) {
  EXPECT_EQ(Committed("headrace.example.toml"), ExampleToml())
      << "make it again: build/dev/producer/headrace config example > headrace.example.toml";
}

TEST(CommittedDocuments, ExampleIsAFileThatIsAcceptedWithEverythingUncommented) {
  // Comment lines that hold "name = value" are settings; the others are prose.
  const std::string text =
      std::regex_replace(ExampleToml(), std::regex("(^|\n)# ([a-z_.]+ = )"), "$1$2");
  const TomlReading reading = ParseToml(text, "headrace.example.toml");
  for (const Mistake& mistake : reading.mistakes) {
    ADD_FAILURE() << mistake.origin << ": " << mistake.message;
  }
  std::set<std::string> seen;
  Settings settings;
  for (const RawValue& value : reading.values) {
    seen.insert(value.name);
    const Field& field = *FindField(value.name);
    const auto wrong = value.key.empty() ? field.set(settings, value.text)
                                         : field.set_entry(settings, value.key, value.text);
    EXPECT_EQ(wrong, std::nullopt) << value.origin;
  }
  EXPECT_EQ(seen.size(), FieldTable().size());
}

// Files that deploy Headrace or tell people how to.
std::vector<fs::path> FilesThatNameSettings() {
  std::vector<fs::path> files;
  for (const char* name : {"README.md", "docker-compose.yml", "headrace.example.toml"}) {
    if (fs::exists(kSource / name)) files.push_back(kSource / name);
  }
  for (const char* folder : {"helm", "docs"}) {
    if (!fs::exists(kSource / folder)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kSource / folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  return files;
}

TEST(CommittedDocuments, DeploymentsAndDocumentsUseKnownVariables) {
  std::set<std::string> known{"HEADRACE_CONFIG"};
  for (const Field& field : FieldTable()) {
    known.insert(EnvironmentName(field.name));
    known.insert(EnvironmentName(field.name) + "_FILE");
  }
  // Built, not written out, so that a search for variables does not find this file.
  const std::regex variable(std::string("HEADRACE") + "_[A-Z0-9_]*[A-Z0-9]");
  std::size_t found = 0;
  for (const fs::path& file : FilesThatNameSettings()) {
    const std::string text = Committed(fs::relative(file, kSource));
    for (std::sregex_iterator name(text.begin(), text.end(), variable), end; name != end; ++name) {
      ++found;
      EXPECT_TRUE(known.contains(name->str()))
          << file << " names " << name->str() << ", which common/config/field_table.cc lacks";
    }
  }
  EXPECT_GT(found, 0u) << "no file that names a setting was found below " << kSource;
}

}  // namespace
}  // namespace headrace::config
