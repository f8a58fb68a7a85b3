// Rules of single text settings.
#pragma once

#include <string_view>

namespace headrace::config {

bool IsBrokerList(std::string_view text);     // host:port,host:port
bool IsListenAddress(std::string_view text);  // host:port, port 0 to 65535
bool IsProjectName(std::string_view text);    // [a-z0-9-]+, at most 64
bool IsTopicPrefix(std::string_view text);    // what Kafka allows in a topic name
bool IsKeyPrefix(std::string_view text);      // printable ASCII without spaces and braces

}  // namespace headrace::config
