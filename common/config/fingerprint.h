#pragma once

#include <string>

#include "common/config/field.h"

namespace headrace::config {

// Twelve digits that differ where the settings of one binary differ, defaults included, so that
// members of a fleet can be compared. Secrets do not count: nothing may be guessed from it.
std::string Fingerprint(const Settings& settings, Binary binary);

}  // namespace headrace::config
