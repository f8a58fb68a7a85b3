#include "common/archive/file_name.h"

#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <map>
#include <system_error>

#include "common/model/timestamp.h"

namespace headrace::archive {
namespace {

constexpr std::string_view kPattern = "DDDDDDDDTDDDDDD.DDDDDDZ-XXXXXXXX.ndjson";

bool Fits(std::string_view name) {
  if (name.size() != kPattern.size()) return false;
  for (std::size_t at = 0; at < name.size(); ++at) {
    const auto character = static_cast<unsigned char>(name[at]);
    const char wanted = kPattern[at];
    const bool fits = wanted == 'D'   ? std::isdigit(character) != 0
                      : wanted == 'X' ? std::isxdigit(character) != 0
                                      : name[at] == wanted;
    if (!fits) return false;
  }
  return true;
}

}  // namespace

std::string PlainName(Timestamp begun_at, std::uint32_t writer) {
  std::string text = FormatRfc3339(begun_at);
  if (text.find('.') == std::string::npos) text.insert(text.size() - 1, ".000000");
  std::erase_if(text, [](char character) { return character == '-' || character == ':'; });
  std::array<char, 10> tag{};
  std::snprintf(tag.data(), tag.size(), "-%08x", writer);
  return text + tag.data() + ".ndjson";
}

std::optional<FileName> ParseFileName(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  const bool compressed = name.ends_with(kCompressedEnding);
  if (compressed) name.remove_suffix(kCompressedEnding.size());
  if (!Fits(name)) return std::nullopt;
  std::string time(name.substr(0, 23));
  time.insert(13, ":").insert(11, ":").insert(6, "-").insert(4, "-");
  const std::optional<Timestamp> begun_at = ParseRfc3339(time);
  if (!begun_at) return std::nullopt;
  return FileName{*begun_at, std::string(name), compressed};
}

Result<std::vector<std::string>> ListArchive(const std::string& directory) {
  std::error_code error;
  std::map<std::string, bool> files;  // compressed?
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::optional<FileName> name = ParseFileName(entry->path().filename().string());
    if (name) files[name->plain] = files[name->plain] || name->compressed;
  }
  if (error) return Invalid("cannot read " + directory + ": " + error.message());
  std::vector<std::string> paths;
  for (const auto& [plain, compressed] : files) {
    std::string path = (std::filesystem::path(directory) / plain).string();
    if (compressed) path += kCompressedEnding;
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace headrace::archive
