// The table of settings against everything in the repository that spells a setting's name.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>

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

// Comment lines of the form "# name = value" are settings; the others are prose.
std::string Uncommented(const std::string& example) {
  std::istringstream lines(example);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t name_end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_.", 2);
    const bool is_setting = line.starts_with("# ") && name_end != std::string::npos &&
                            line.compare(name_end, 3, " = ") == 0;
    text += (is_setting ? line.substr(2) : line) + "\n";
  }
  return text;
}

TEST(CommittedDocuments, ExampleIsAFileThatIsAcceptedWithEverythingUncommented) {
  const TomlReading reading = ParseToml(Uncommented(ExampleToml()), "headrace.example.toml");
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

std::vector<std::string> VariablesIn(const std::string& text) {
  const std::string prefix = "HEADRACE_";
  std::vector<std::string> names;
  for (std::size_t at = text.find(prefix); at != text.npos; at = text.find(prefix, at + 1)) {
    const std::size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", at);
    const std::string name = text.substr(at, end == text.npos ? end : end - at);
    // The bare prefix is how prose speaks of all of them.
    if (name != prefix) names.push_back(name);
  }
  return names;
}

TEST(CommittedDocuments, DeploymentsAndDocumentsUseKnownVariables) {
  // The second is read by scripts/bench, not by a binary.
  std::set<std::string> known{"HEADRACE_CONFIG", "HEADRACE_BENCH_ACCOUNTING"};
  for (const Field& field : FieldTable()) {
    known.insert(EnvironmentName(field.name));
    known.insert(EnvironmentName(field.name) + "_FILE");
  }
  std::size_t found = 0;
  for (const fs::path& file : FilesThatNameSettings()) {
    for (const std::string& name : VariablesIn(Committed(fs::relative(file, kSource)))) {
      ++found;
      EXPECT_TRUE(known.contains(name))
          << file << " names " << name << ", which common/config/field_table.cc lacks";
    }
  }
  EXPECT_GT(found, 0u) << "no file that names a setting was found below " << kSource;
}

}  // namespace
}  // namespace headrace::config
