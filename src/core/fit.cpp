// See fit.h.
#include "core/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "core/limits.h"

namespace core {
namespace {

constexpr std::array kTexts{&Container::engine_namespace,
                            &Container::name,
                            &Container::image,
                            &Container::image_id,
                            &Container::image_repository,
                            &Container::image_tag,
                            &Container::image_digest,
                            &Container::user,
                            &Container::ip,
                            &Container::pod_sandbox_id,
                            &Container::pod_name,
                            &Container::pod_namespace,
                            &Container::pod_uid};

constexpr std::array kPostureTexts{&Posture::seccomp, &Posture::apparmor, &Posture::selinux, &Posture::cmd,
                                   &Posture::runtime};

size_t bytes_of(const std::string& text) {
  return text.size();
}
size_t bytes_of(const Mount& mount) {
  return mount.source.size() + mount.destination.size() + mount.mode.size() + mount.propagation.size();
}
size_t bytes_of(const PortMapping&) {
  return 0;
}
size_t bytes_of(const Labels::value_type& label) {
  return label.first.size() + label.second.size();
}

// Goes through a record and keeps what there is room for, in the order of the calls. With a record that may
// not be changed it only counts.
class Fitting {
 public:
  // The values that were beyond a limit.
  size_t left_out() const { return left_out_; }

  template <typename Text>
  void text(Text& text) {
    if (text.size() > limits::kTextBytes) {
      ++left_out_;
      if constexpr (!std::is_const_v<Text>) cut(text);
    }
    room_ -= std::min({room_, text.size(), limits::kTextBytes});
  }

  template <typename List>
  void list(List& list, size_t most) {
    size_t kept = 0;
    auto end = list.begin();
    for (; end != list.end() && kept < most && take(bytes_of(*end)); ++end) ++kept;
    left_out_ += list.size() - kept;
    if constexpr (!std::is_const_v<List>) {
      list.erase(end, list.end());
      if constexpr (requires { list.shrink_to_fit(); }) list.shrink_to_fit();
    }
  }

  template <typename OptionalProbe>
  void probe(OptionalProbe& probe) {
    if (!probe) return;
    size_t bytes = probe->exe.size();
    for (const std::string& argument : probe->args) bytes += argument.size();
    if (probe->args.size() <= limits::kArguments && bytes <= limits::kProbeBytes && take(bytes)) return;
    ++left_out_;
    if constexpr (!std::is_const_v<OptionalProbe>) probe.reset();
  }

  template <typename Text>
  void whole(Text& text, size_t most) {
    if (text.size() <= most && take(text.size())) return;
    ++left_out_;
    if constexpr (!std::is_const_v<Text>) text.clear();
  }

 private:
  bool take(size_t bytes) {
    if (bytes > room_) return false;
    room_ -= bytes;
    return true;
  }

  // Between two characters.
  static void cut(std::string& text) {
    size_t end = limits::kTextBytes;
    constexpr size_t kLongestCharacter = 4;
    const auto continues = [&](size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80; };
    while (limits::kTextBytes - end < kLongestCharacter && continues(end)) --end;
    text.resize(end);
    text.shrink_to_fit();
  }

  size_t room_ = limits::kRecordBytes;
  size_t left_out_ = 0;
};

// A posture is shared: what is to be changed is a copy.
template <typename Record>
void go_through_posture(Record& container, Fitting& fitting) {
  constexpr bool kOnlyCounts = std::is_const_v<Record>;
  std::conditional_t<kOnlyCounts, const Posture&, Posture> posture = *container.posture;
  for (const auto member : kPostureTexts) fitting.text(posture.*member);
  if (posture.devices) fitting.list(*posture.devices, limits::kDevices);
  if constexpr (!kOnlyCounts) container.posture.set(std::move(posture));
}

template <typename Record>
size_t go_through(Record& container) {
  Fitting fitting;
  for (const auto member : kTexts) fitting.text(container.*member);
  // A path that is cut is another one.
  fitting.whole(container.cgroup_path, limits::kTextBytes);
  go_through_posture(container, fitting);
  fitting.probe(container.healthcheck);
  fitting.probe(container.liveness_probe);
  fitting.probe(container.readiness_probe);
  fitting.list(container.labels, limits::kLabels);
  if (container.pod_sandbox_labels) fitting.list(*container.pod_sandbox_labels, limits::kLabels);
  fitting.list(container.mounts, limits::kMounts);
  fitting.list(container.port_mappings, limits::kPorts);
  fitting.whole(container.cni_json, limits::kCniBytes);
  fitting.list(container.env, limits::kEnvironment);
  return fitting.left_out();
}

}  // namespace

size_t beyond_limits(const Container& container) {
  return go_through(container);
}

size_t fit(Container& container) {
  return beyond_limits(container) == 0 ? 0 : go_through(container);
}

std::string left_out_notice(const Container& container, size_t left_out) {
  constexpr size_t kShown = 64;
  return fmt::format("container {}: {} values beyond the limits of a record are left out, see docs/limits.md",
                     base::excerpt(container.id(), kShown), left_out);
}

}  // namespace core
