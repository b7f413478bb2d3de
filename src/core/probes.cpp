// Healthchecks and probes: the engines' forms, and the manifest that kubectl leaves behind.
#include "core/probes.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/json_read.h"

namespace core {
namespace {

namespace json = boost::json;

constexpr std::string_view kCommand = "CMD";
constexpr std::string_view kShellLine = "CMD-SHELL";
constexpr std::array<std::string_view, 2> kDefaultShell{"/bin/sh", "-c"};

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

std::string join(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::optional<Probe> command(std::span<const std::string> words) {
  if (words.empty() || words.front().empty()) return std::nullopt;
  return Probe{words.front(), {words.begin() + 1, words.end()}};
}

// Words appended to a shell's own; "/bin/sh -c" where there is none.
std::optional<Probe> in_shell(std::span<const std::string> shell, std::span<const std::string> words) {
  if (words.empty() || words.front().empty()) return std::nullopt;
  Probe probe;
  if (shell.empty() || shell.front().empty()) {
    probe.exe = kDefaultShell[0];
    probe.args.emplace_back(kDefaultShell[1]);
  } else {
    probe.exe = shell.front();
    probe.args.assign(shell.begin() + 1, shell.end());
  }
  probe.args.insert(probe.args.end(), words.begin(), words.end());
  return probe;
}

// The command of container.<probe>.exec.command.
std::optional<Probe> exec_probe(const json::value& container, std::string_view probe) {
  const json::value* words = member(member(member(&container, probe), "exec"), "command");
  if (words == nullptr || !words->is_array()) return std::nullopt;
  std::vector<std::string> parts;
  for (const json::value& word : words->get_array()) {
    const auto text = as_text(&word);
    if (!text) return std::nullopt;
    parts.emplace_back(*text);
  }
  return command(parts);
}

}  // namespace

std::string probe_text(const Probe& probe) {
  std::string text = probe.exe;
  for (const std::string& arg : probe.args) {
    text += ' ';
    text += arg;
  }
  return text;
}

std::optional<Probe> docker_healthcheck(std::span<const std::string> test,
                                        std::span<const std::string> shell) {
  if (test.empty()) return std::nullopt;
  const std::string& keyword = test.front();
  const auto rest = test.subspan(1);
  if (keyword == kProbeNone) return Probe{std::string(kProbeNone), {}};
  if (keyword == kCommand) return command(rest);
  if (keyword == kShellLine) return in_shell(shell, rest);
  return std::nullopt;
}

std::optional<Probe> podman_healthcheck(std::span<const std::string> test) {
  if (test.empty() || test.front().empty()) return std::nullopt;
  const std::string& keyword = test.front();
  const auto rest = test.subspan(1);
  if (equals_ignoring_case(keyword, kProbeNone) && rest.empty()) return Probe{std::string(kProbeNone), {}};
  if (equals_ignoring_case(keyword, kCommand)) return command(rest);
  const bool is_line = test.size() == 1;
  const bool is_shell = equals_ignoring_case(keyword, kShellLine);
  if (is_shell && is_line) return std::nullopt;
  if (!is_line && !is_shell) return command(test);
  const std::string line = is_line ? keyword : join(rest);
  return in_shell({}, std::span(&line, 1));
}

PodProbes probes_from_last_applied(std::string_view text, std::string_view container_name) {
  const auto manifest = parse_json(text);
  if (!manifest) return {};
  const json::value* containers = member(member(&*manifest, "spec"), "containers");
  if (containers == nullptr || !containers->is_array()) return {};
  for (const json::value& container : containers->get_array()) {
    if (as_text(member(&container, "name")) != container_name) continue;
    return {exec_probe(container, "livenessProbe"), exec_probe(container, "readinessProbe")};
  }
  return {};
}

}  // namespace core
