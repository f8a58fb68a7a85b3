#include "worker/dead_letter.h"

#include <array>
#include <span>

#include "common/model/timestamp.h"

namespace headrace::worker {

Status ProduceDeadLetter(EventProducer& producer, std::string_view topic, const DeadLetter& letter,
                         std::uint64_t token) {
  const std::string id_text = EncodeItemIdHeader(letter.id);
  const std::string episode = letter.episode.ToString();
  const std::string attempts = std::to_string(letter.error.attempts);
  const std::string first_try = FormatRfc3339(letter.first_try);
  const std::string last_try = FormatRfc3339(letter.last_try);
  const std::string origin = std::string(letter.origin_topic) + "/" +
                             std::to_string(letter.source.partition) + "/" +
                             std::to_string(letter.offset);
  const std::array<Header, 9> headers{{{kItemIdHeader, id_text},
                                       {"headrace-episode", episode},
                                       {"headrace-project", letter.project},
                                       {"headrace-code", letter.error.code},
                                       {"headrace-message", letter.error.message},
                                       {"headrace-attempts", attempts},
                                       {"headrace-last-try", last_try},
                                       {"headrace-origin", origin},
                                       {"headrace-first-try", first_try}}};
  const bool timed = letter.first_try != Timestamp{};
  return producer.Produce(
      {.topic = topic,
       .key = letter.key,
       .value = letter.value,
       .headers = std::span(headers).first(timed ? headers.size() : headers.size() - 1),
       .token = token});
}

}  // namespace headrace::worker
