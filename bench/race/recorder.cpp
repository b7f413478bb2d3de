// See recorder.h.
#include "bench/race/recorder.h"

#include "api/events.h"
#include "core/container_json.h"

namespace bench::race {
namespace {

constexpr uint32_t kAsyncName = 1, kAsyncData = 2;  // parameters of an async event

}  // namespace

void Recorder::record(const Observed& observed) {
  if (observed.context.event.type() == api::kEventAsync) {
    record_published(observed);
    return;
  }
  const Place place = truth_.place_of(observed.context);
  if (!place.key.empty()) {
    tally_.seen(place.key, {observed.handled_ns, Truth::is_command(observed.context),
                            observed.unread || place.read_too_late, observed.answers, observed.cost});
    return;
  }
  for (const std::string& announced : Truth::announced_by(observed.context)) {
    tally_.announced(announced, observed.cost, observed.handled_ns);
  }
  const std::string& id = observed.answers.id;
  if (!id.empty() && id != "host") tally_.elsewhere(id);
}

void Recorder::record_published(const Observed& observed) {
  if (observed.context.event.text(kAsyncName).value_or("") != "container") return;
  const auto container = core::from_json(observed.context.event.text(kAsyncData).value_or(""));
  if (!container || container->name.empty() || container->image.empty()) return;
  tally_.published(container->full_id, observed.handled_ns);
}

}  // namespace bench::race
