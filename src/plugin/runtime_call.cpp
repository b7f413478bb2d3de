// See runtime_call.h.
#include "plugin/runtime_call.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace plugin {
namespace {

// podman calls conmon with some hundred; what stands behind so many is not looked at.
constexpr size_t kMaxArguments = 256;
constexpr size_t kMaxIdLength = 1023;

// The options whose value is the next argument, without their dashes. Any other option stands alone or
// carries its value after '='.
constexpr std::array kWithValue{std::string_view{"b"},
                                std::string_view{"bundle"},
                                std::string_view{"f"},
                                std::string_view{"config"},
                                std::string_view{"console-socket"},
                                std::string_view{"pid-file"},
                                std::string_view{"pidfd-socket"},
                                std::string_view{"preserve-fds"},
                                std::string_view{"root"},
                                std::string_view{"r"},
                                std::string_view{"l"},
                                std::string_view{"log"},
                                std::string_view{"log-format"},
                                std::string_view{"log-level"},
                                std::string_view{"cgroup-manager"},
                                std::string_view{"rootless"},
                                std::string_view{"criu"},
                                std::string_view{"user-log"},
                                std::string_view{"debug-log"},
                                std::string_view{"platform"},
                                std::string_view{"network"},
                                std::string_view{"image-path"},
                                std::string_view{"work-path"},
                                std::string_view{"parent-path"}};

constexpr std::array kCommands{std::string_view{"create"}, std::string_view{"run"},
                               std::string_view{"restore"}};

// One argument after the other, and an option's value wherever it stands.
class Arguments {
 public:
  explicit Arguments(std::string_view text) : text_(text) {}

  std::optional<std::string_view> next() {
    if (text_.empty() || ++count_ > kMaxArguments) return std::nullopt;
    const size_t end = text_.find('\0');
    const std::string_view argument = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    return argument;
  }

 private:
  std::string_view text_;
  size_t count_ = 0;
};

struct Option {
  std::string_view name;   // without dashes
  std::string_view value;  // what stands after '='
  bool has_value = false;
};

// Go's flags are the same with one dash and with two.
std::optional<Option> as_option(std::string_view argument) {
  if (argument.size() < 2 || argument.front() != '-') return std::nullopt;
  argument.remove_prefix(argument[1] == '-' ? 2 : 1);
  const size_t equals = argument.find('=');
  if (equals == std::string_view::npos) return Option{argument, {}, false};
  return Option{argument.substr(0, equals), argument.substr(equals + 1), true};
}

template <size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_runtime_id(std::string_view id) {
  if (id.empty() || id.size() > kMaxIdLength || id.front() == '-' || id == "." || id == "..") return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '-' || c == '.' || c == '_';
  });
}

// conmon's options whose value is the next argument; that of `exit-command-arg` often looks like an option
// itself.
constexpr std::array kConmonWithValue{std::string_view{"u"},
                                      std::string_view{"cuuid"},
                                      std::string_view{"p"},
                                      std::string_view{"container-pidfile"},
                                      std::string_view{"P"},
                                      std::string_view{"conmon-pidfile"},
                                      std::string_view{"l"},
                                      std::string_view{"log-path"},
                                      std::string_view{"log-level"},
                                      std::string_view{"log-size-max"},
                                      std::string_view{"log-tag"},
                                      std::string_view{"exit-dir"},
                                      std::string_view{"exit-delay"},
                                      std::string_view{"exit-command"},
                                      std::string_view{"exit-command-arg"},
                                      std::string_view{"persist-dir"},
                                      std::string_view{"runtime-arg"},
                                      std::string_view{"runtime-opt"},
                                      std::string_view{"socket-dir-path"},
                                      std::string_view{"restore"},
                                      std::string_view{"api-version"}};
constexpr std::array kExecSession{std::string_view{"e"}, std::string_view{"exec"},
                                  std::string_view{"exec-attach"}, std::string_view{"exec-process-spec"}};

constexpr std::array kShimWithValue{std::string_view{"publish-binary"}, std::string_view{"socket"},
                                    std::string_view{"grpc-address"}};

// It is conmon when a container, its bundle and its runtime are all named, and it is not for a session of
// `exec`.
std::optional<RuntimeCall> read_conmon(std::string_view args) {
  RuntimeCall call;
  std::string_view runtime;
  struct Wanted {
    std::string_view letter;
    std::string_view word;
    std::string_view* value;
  };
  const std::array wanted{Wanted{"c", "cid", &call.id}, Wanted{"b", "bundle", &call.bundle},
                          Wanted{"n", "name", &call.name}, Wanted{"r", "runtime", &runtime}};
  Arguments arguments(args);
  while (const auto argument = arguments.next()) {
    const auto option = as_option(*argument);
    if (!option) continue;
    if (contains(kExecSession, option->name)) return std::nullopt;
    const auto found = std::find_if(wanted.begin(), wanted.end(), [&](const Wanted& one) {
      return option->name == one.letter || option->name == one.word;
    });
    if (found != wanted.end()) {
      *found->value = option->has_value ? option->value : arguments.next().value_or(std::string_view());
    } else if (!option->has_value && contains(kConmonWithValue, option->name)) {
      arguments.next();
    }
  }
  if (runtime.empty() || call.bundle.empty()) return std::nullopt;
  return call;
}

constexpr std::array kExecWithValue{std::string_view{"p"},
                                    std::string_view{"process"},
                                    std::string_view{"pid-file"},
                                    std::string_view{"e"},
                                    std::string_view{"env"},
                                    std::string_view{"console-socket"},
                                    std::string_view{"u"},
                                    std::string_view{"user"},
                                    std::string_view{"additional-gids"},
                                    std::string_view{"g"},
                                    std::string_view{"cwd"},
                                    std::string_view{"preserve-fds"},
                                    std::string_view{"c"},
                                    std::string_view{"cap"},
                                    std::string_view{"process-label"},
                                    std::string_view{"cgroup"},
                                    std::string_view{"apparmor"},
                                    std::string_view{"pidfd-socket"},
                                    std::string_view{"internal-pid-file"}};

// containerd's shims, whatever runtime they are for, are started in the bundle's directory. They are called
// once more to delete what is left of a container: that starts none.
std::optional<RuntimeCall> read_shim(std::string_view args) {
  RuntimeCall call;
  call.bundle = ".";
  std::string_view name_space;
  std::string_view address;
  struct Wanted {
    std::string_view name;
    std::string_view* value;
  };
  const std::array wanted{Wanted{"namespace", &name_space}, Wanted{"id", &call.id},
                          Wanted{"address", &address}, Wanted{"bundle", &call.bundle}};
  std::string_view ignored;
  Arguments arguments(args);
  while (const auto argument = arguments.next()) {
    const auto option = as_option(*argument);
    if (!option) {
      if (*argument != "start") return std::nullopt;
      continue;
    }
    const auto found = std::find_if(wanted.begin(), wanted.end(),
                                    [&](const Wanted& one) { return option->name == one.name; });
    std::string_view* value = found != wanted.end() ? found->value : nullptr;
    if (value == nullptr && contains(kShimWithValue, option->name)) value = &ignored;
    if (value == nullptr) continue;
    *value = option->has_value ? option->value : arguments.next().value_or(std::string_view());
  }
  if (name_space.empty() || address.empty() || call.bundle.empty()) return std::nullopt;
  return call;
}

// `<global options> exec <options> <id> <command...>`.
std::optional<RuntimeCall> read_exec(std::string_view args) {
  RuntimeCall call;
  call.kind = RuntimeCall::Kind::kEnters;
  bool has_command = false;
  Arguments arguments(args);
  while (const auto argument = arguments.next()) {
    if (const auto option = as_option(*argument); option) {
      const bool takes_next =
          has_command ? contains(kExecWithValue, option->name) : contains(kWithValue, option->name);
      if (takes_next && !option->has_value) arguments.next();
    } else if (has_command) {
      call.id = *argument;
      return call;
    } else if (*argument != "exec") {
      return std::nullopt;
    } else {
      has_command = true;
    }
  }
  return std::nullopt;
}

std::optional<RuntimeCall> read_runtime(std::string_view args) {
  RuntimeCall call;
  call.bundle = ".";
  bool has_command = false;
  bool only_words = false;  // after "--"
  Arguments arguments(args);
  while (const auto argument = arguments.next()) {
    const auto option = only_words ? std::nullopt : as_option(*argument);
    if (*argument == "--" && !only_words) {
      only_words = true;
    } else if (option) {
      const bool is_bundle = option->name == "b" || option->name == "bundle";
      std::string_view value = option->value;
      if (!option->has_value && contains(kWithValue, option->name)) {
        value = arguments.next().value_or(std::string_view());
      }
      if (is_bundle && has_command && !value.empty()) call.bundle = value;
    } else if (has_command) {
      if (!call.id.empty()) return std::nullopt;  // a command with more than one word is no runtime's
      call.id = *argument;
    } else if (contains(kCommands, *argument)) {
      has_command = true;
    } else {
      return std::nullopt;
    }
  }
  return has_command ? std::optional(call) : std::nullopt;
}

}  // namespace

std::optional<RuntimeCall> read_runtime_call(std::string_view args) {
  auto call = read_runtime(args);
  if (!call) call = read_exec(args);
  if (!call) call = read_conmon(args);
  if (!call) call = read_shim(args);
  if (!call || !is_runtime_id(call->id)) return std::nullopt;
  return call;
}

}  // namespace plugin
