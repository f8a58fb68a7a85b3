// What an operator may pass through to librdkafka, and the few keys that are Headrace's own
// because another value would break its promise.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace headrace::config {

using KafkaProperties = std::map<std::string, std::string>;

// "k=v,k=v", or one pair a line (then a comma never separates, and # starts a comment). A comma
// separates only where `key=` follows, so that debug=broker,topic is one pair.
Result<KafkaProperties> ParseKafkaProperties(std::string_view text);
std::string FormatKafkaProperties(const KafkaProperties& properties);

// The values of keys that name a secret (passwords, keys, tokens) become ***.
KafkaProperties MaskKafkaProperties(KafkaProperties properties);

// Why this key may not be set, with what to use instead; empty when it may.
std::optional<std::string> GuardedKafkaProperty(std::string_view key);
// What is wrong with a pair: a guarded key, one that this librdkafka does not have, with the
// nearest that it has, or a value that it refuses. Never quotes the value of a key that names a
// secret.
std::optional<std::string> WrongKafkaProperty(const std::string& key, const std::string& value);

}  // namespace headrace::config
