// What the projector takes out of a record of its topics.
#pragma once

#include "common/model/batch_fact.h"
#include "common/model/outcome.h"
#include "common/ports/event_log.h"

namespace headrace::accounting {

// Decoded, and refused when an index is beyond what can be accounted. The decoders' codes
// otherwise: kPermanent for a newer version, kNotFound for a fact of another kind.
Result<OutcomeRecord> OutcomeOf(const Record& record);
Result<BatchFact> FactOf(const Record& record);

}  // namespace headrace::accounting
