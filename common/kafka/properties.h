// What librdkafka says of its configuration properties, without a client or a broker.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"

namespace headrace::kafka {

// kNotFound: this librdkafka has no such property; kInvalid, with librdkafka's own sentence, which
// may quote the value: it does not take this value.
Status CheckProperty(const std::string& name, const std::string& value);

// The names that CheckProperty knows, without those that only a program can set (callbacks).
std::vector<std::string> PropertyNames();

}  // namespace headrace::kafka
